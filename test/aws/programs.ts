import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export type Environment = Readonly<Record<string, string | undefined>>
export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Runs a program to its end and gives what it printed; an end that is not 0 is an error with the tail of that. */
export async function run(
  [program = '', ...rest]: readonly string[],
  {
    cwd,
    env,
    input,
    seconds = 300,
  }: { readonly cwd?: string; readonly env: Environment; readonly input?: string; readonly seconds?: number },
): Promise<string> {
  const child = spawn(program, rest, { ...(cwd === undefined ? {} : { cwd }), env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input ?? '')
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const limit = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (status, signal) => resolve(status ?? signal))
  })
  clearTimeout(limit)
  if (code === 0) return printed
  throw new Error(`${program} ${rest.join(' ')} ended with ${code}:\n${printed.split('\n').slice(-30).join('\n')}`)
}

/** Starts a server on a free loopback port and waits until it answers. */
export async function serving(argsFor: (port: number) => readonly string[], env: Environment, log: string): Promise<Running> {
  const port = await freePort()
  const [program = '', ...rest] = argsFor(port)
  const out = openSync(log, 'a')
  const child = spawn(program, rest, { env: { ...env }, stdio: ['ignore', out, out] })
  closeSync(out)
  let gone = false
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      gone = true
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  // `localhost`: behind 127.0.0.1 the emulator takes "127" for the name of a bucket.
  const url = `http://localhost:${port}`
  for (let attempt = 0; attempt < 600; attempt++) {
    if (gone) break
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return {
        url,
        stop: async () => {
          child.kill('SIGKILL')
          await ended
        },
      }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error(`${program} does not answer at ${url}:\n${readFileSync(log, 'utf8').slice(-2000)}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address === 'object' && address !== null) return address.port
  throw new Error('the system gave no port')
}
