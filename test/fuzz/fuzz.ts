import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

export interface Target {
  readonly seeds: readonly string[]
  readonly words?: readonly string[]
  readonly run: (input: string) => void
}

export interface Job {
  readonly file: string
  readonly corpus: readonly string[]
  readonly seconds: number
  readonly executions: number
  readonly seed: number
  /** Run just this, to see whether it really hangs. */
  readonly only?: string
}

export interface Found {
  readonly kind: 'crash' | 'hang' | 'memory'
  readonly input: string
  readonly message: string
}

export interface Fuzzed {
  readonly executions: number
  readonly seconds: number
  readonly found?: Found
}

export const maxInput = 16_384
const hangMs = 1_000
const memoryMb = 256
/** Shared with the worker: how many inputs it has begun, the length of the current one, and its text. */
export const [begunAt, lengthAt, textAt] = [0, 1, 2] as const

export async function fuzz(job: Job): Promise<Fuzzed> {
  const started = performance.now()
  const seconds = (): number => Math.round((performance.now() - started) / 100) / 10
  let executions = 0
  for (let round = 0; ; round++) {
    const left = { seconds: job.seconds - (performance.now() - started) / 1000, executions: job.executions - executions }
    const result = await inWorker({ ...job, ...left, seed: job.seed + round })
    executions += result.executions
    if (!result.found) return { executions, seconds: seconds() }
    // A machine that was busy for a second looks like a hang: only what hangs twice does.
    if (result.found.kind !== 'hang') return { executions, seconds: seconds(), found: result.found }
    const again = await inWorker({ ...job, only: result.found.input })
    if (again.found) return { executions, seconds: seconds(), found: again.found }
  }
}

async function inWorker(job: Job): Promise<Fuzzed> {
  const shared = new Int32Array(new SharedArrayBuffer(4 * (textAt + maxInput)))
  // Node's own launcher registers TypeScript inside of the worker, which does not inherit it.
  const launcher = new URL('../../bin/run.js', import.meta.url)
  const worker = new Worker(launcher, {
    argv: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    workerData: { job, shared },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  let end: Fuzzed | undefined
  const executions = (): number => Math.max(0, Atomics.load(shared, begunAt))
  worker.once('message', (message: Fuzzed) => (end = message))
  worker.once('error', (error: NodeJS.ErrnoException) => {
    const kind = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash'
    end ??= { executions: executions(), seconds: 0, found: { kind, input: currentInput(shared), message: error.message } }
  })
  let begun = -1
  let since = performance.now()
  while (end === undefined) {
    await sleep(50)
    const now = Atomics.load(shared, begunAt)
    if (now === 0 || now !== begun) {
      begun = now
      since = performance.now()
    } else if (performance.now() - since > hangMs) {
      end ??= { executions: now, seconds: 0, found: { kind: 'hang', input: currentInput(shared), message: `no end after ${hangMs} ms` } }
    }
  }
  await worker.terminate()
  return end
}

function currentInput(shared: Int32Array): string {
  let input = ''
  for (let at = 0; at < Atomics.load(shared, lengthAt); at++) input += String.fromCharCode(shared[textAt + at] ?? 0)
  return input
}
