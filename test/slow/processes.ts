import { execFile, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Runs a program to its end; one that is not installed is a failure that says so. */
export const run = (program: string, ...args: readonly string[]): Promise<string> => runIn({}, program, ...args)

/** With these variables beside the ones that are there. */
export async function runIn(environment: Readonly<Record<string, string>>, program: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 120_000, env: { ...process.env, ...environment } })
    return stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error(`this proof needs ${program}; install it first`, { cause: error })
    throw error
  }
}

/** Whether a proof can be given that only some machines can give; contracts.sh installs what it needs. */
export const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

export interface Started {
  readonly url: string
  readonly folder: string
  readonly stop: () => Promise<void>
}

/** Starts a server on a free loopback port and waits until it answers. */
export async function start(program: string, argsFor: (port: number, folder: string) => readonly string[]): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), `${program}-`))
  const port = await freePort()
  const child = spawn(program, argsFor(port, folder), { stdio: 'ignore' })
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code) => resolve(`it ended with ${code}`))
    child.once('error', (error) => resolve(`${error.message}; install it first`))
  })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([answering(url), ended.then((why) => Promise.reject(new Error(`${program} did not start: ${why}`)))])
  const stop = async (): Promise<void> => {
    // A polite end waits for our own idle connections.
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  }
  return { url, folder, stop }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address === 'object' && address !== null) return address.port
  throw new Error('the system gave no port')
}

async function answering(url: string): Promise<void> {
  for (;;) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
