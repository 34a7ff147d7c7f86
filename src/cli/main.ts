import { existsSync, readFileSync } from 'node:fs'
import { applyCommand } from './apply.ts'
import { runCommand, type ExitCode } from './command.ts'
import { getCommand } from './get.ts'
import { historyCommand } from './history.ts'
import { localCommand } from './local.ts'
import { planCommand } from './plan.ts'
import { pushCommand } from './push.ts'
import type { Terminal } from './terminal.ts'

export const commands = [localCommand, pushCommand, applyCommand, getCommand, historyCommand, planCommand]

export async function main(words: readonly string[]): Promise<ExitCode> {
  const interrupt = new AbortController()
  const stop = () => interrupt.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  // A closed pipe (`| head`) is the reader's way to say enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  return runCommand(commands, words, terminalOf(interrupt.signal))
}

function terminalOf(interrupted: AbortSignal): Terminal {
  const { env, stdout } = process
  const live = stdout.isTTY
  return {
    version: versionOf(),
    out: (text) => void process.stdout.write(`${text}\n`),
    error: (text) => void process.stderr.write(`${text}\n`),
    live,
    colours: live && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    environment: env,
    folder: process.cwd(),
    interrupted,
  }
}

/** Beside the sources in a checkout, one folder further up from compiled code. */
function versionOf(): string {
  const file = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'unknown'
}
