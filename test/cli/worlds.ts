// The real program in processes of its own, each in a temporary folder.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../../bin/tagboat.js')

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly error: string
}
export interface Running {
  readonly child: ChildProcess
  readonly out: () => string
  readonly error: () => string
  readonly ended: Promise<Ran>
}
export interface RunOptions {
  readonly folder: string
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export const temporary = (): { readonly folder: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-cli-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export function start(words: readonly string[], { folder, input, environment }: RunOptions): Running {
  const env = { ...process.env, NO_COLOR: '', ...environment }
  const child = spawn(process.execPath, [program, ...words], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let [out, error] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => void (error += chunk.toString('utf8')))
  child.stdin.end(input ?? '')
  const ended = new Promise<Ran>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out, error })))
  return { child, out: () => out, error: () => error, ended }
}

export const run = (words: readonly string[], options: RunOptions): Promise<Ran> => start(words, options).ended

export interface World extends Running {
  readonly folder: string
  readonly url: string
  /** By Ctrl-C, unless something else is said. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ran>
}

/** `tagboat local` in this folder, once it has greeted. */
export async function startWorld(folder: string, ...words: readonly string[]): Promise<World> {
  const running = start(['local', '--port', '0', ...words], { folder })
  const url = await until(running, () => /^dashboard {2}(http:\S+)$/m.exec(running.out())?.[1])
  await until(running, () => (running.out().includes('Ctrl-C ends it.') ? true : undefined))
  return {
    ...running,
    folder,
    url,
    stop: (signal = 'SIGINT') => {
      running.child.kill(signal)
      return running.ended
    },
  }
}

/** Waits for something that a process says or brings about; one that ends before has failed. */
export async function until<T>(running: Running, look: () => T | undefined): Promise<T> {
  let over: Ran | undefined
  void running.ended.then((ran) => (over = ran))
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (over) throw new Error(`the process ended with ${over.code ?? over.signal} before that:\n${over.out}${over.error}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
