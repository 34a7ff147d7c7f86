// What notices: a file of tests, or a run of the simulation. Each in a process of its own, which is ended with all that it started.
import { spawn, type ChildProcess } from 'node:child_process'
import { images, type Catcher, type Run } from './mutant.ts'

export type Noticed =
  | { readonly is: 'caught'; readonly by: string; readonly what: string }
  | { readonly is: 'passed' }
  /** Neither: it did not come to an answer. */
  | { readonly is: 'broken'; readonly why: string }

export interface Catchers {
  readonly ask: (catcher: Catcher, folder: string) => Promise<Noticed>
  readonly stop: () => void
}

/** Milliseconds: longer than any of them takes on a slow machine. */
const longest = 180_000

export function catchers(): Catchers {
  const running = new Set<ChildProcess>()
  const node = (args: readonly string[], folder: string): Promise<Ended> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
      running.add(child)
      const [out, err]: [Buffer[], Buffer[]] = [[], []]
      child.stdout.on('data', (chunk: Buffer) => void out.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => void err.push(chunk))
      const timer = setTimeout(() => end(child), longest)
      child.on('close', (code) => {
        clearTimeout(timer)
        running.delete(child)
        resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() })
      })
    })
  return {
    ask: async (catcher, folder) =>
      catcher.by === 'test'
        ? tested(catcher.file, await node(testing(catcher.file), folder))
        : simulated(catcher, await node(simulating(catcher), folder)),
    stop: () => running.forEach(end),
  }
}

interface Ended {
  /** null: ended from outside. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const testing = (file: string) => ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', '--bail=1', '--reporter=json', file]
const simulating = ({ seed, pushes, faults }: Run) => [
  ...['test/simulation/run.js', '--seed', String(seed), '--pushes', String(pushes)],
  ...['--faults', String(faults), '--images', String(images)],
]
export const nameOfRun = ({ seed, pushes, faults }: Run): string => `simulate --seed ${seed} --pushes ${pushes} --faults ${faults}`

function tested(file: string, { code, out, err }: Ended): Noticed {
  const report = lastJson(out) as { readonly testResults?: readonly TestFile[] } | undefined
  const failed = report?.testResults?.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed')
  if (failed) return { is: 'caught', by: file, what: failed.fullName }
  return code === 0 ? { is: 'passed' } : { is: 'broken', why: said(code, err || out) }
}
interface TestFile {
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
}

function simulated(run: Run, { code, out, err }: Ended): Noticed {
  const report = lastJson(out) as { readonly violations?: readonly string[] } | undefined
  const [violation] = report?.violations ?? []
  if (violation !== undefined) return { is: 'caught', by: nameOfRun(run), what: violation }
  // Too short to meet everything: that is no violation.
  return report?.violations ? { is: 'passed' } : { is: 'broken', why: said(code, err || out) }
}

function lastJson(out: string): unknown {
  try {
    return JSON.parse(out.trim().split('\n').at(-1) ?? '')
  } catch {
    return undefined
  }
}
const said = (code: number | null, text: string): string =>
  `${code === null ? 'took too long' : `exit ${code}`}: ${text.trim().slice(-500)}`

function end(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
