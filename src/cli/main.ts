import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { applyCommand } from './apply.ts'
import { runCommand, type Entry, type ExitCode } from './command.ts'
import { completionCommand } from './completion.ts'
import { createGroup } from './create.ts'
import { deleteCommand } from './delete.ts'
import { dlqGroup } from './dlq.ts'
import { explainCommand } from './explain.ts'
import { exportCommand } from './export.ts'
import { getCommand } from './get.ts'
import { historyCommand } from './history.ts'
import { lintCommand } from './lint.ts'
import { localCommand } from './local.ts'
import { disableCommand, enableCommand } from './observe.ts'
import { planCommand } from './plan.ts'
import { pushCommand } from './push.ts'
import { reconcileCommand } from './reconcile.ts'
import { resumeCommand } from './resume.ts'
import { runCommandLine } from './run.ts'
import { suspendCommand } from './suspend.ts'
import type { Terminal } from './terminal.ts'
import { updateCommand } from './update.ts'

export const commands: readonly Entry[] = [
  localCommand,
  pushCommand,
  applyCommand,
  createGroup,
  getCommand,
  reconcileCommand,
  suspendCommand,
  resumeCommand,
  disableCommand,
  enableCommand,
  deleteCommand,
  exportCommand,
  explainCommand,
  historyCommand,
  planCommand,
  dlqGroup,
  updateCommand,
  runCommandLine,
  lintCommand,
  completionCommand(() => commands),
]

export async function main(words: readonly string[]): Promise<ExitCode> {
  const interrupt = new AbortController()
  const stop = stopper(interrupt)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  // A closed pipe (`| head`) is the reader's way to say enough.
  const closed = (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? interrupt.abort('closed') : process.exit(1))
  process.stdout.on('error', closed)
  process.stderr.on('error', closed)
  const code = await runCommand(commands, words, terminalOf(interrupt.signal))
  // What was interrupted, or has failed, may still wait for something that nobody wants any more.
  leave(code)
  return code
}

/** npm passes a Ctrl-C on that the terminal has sent to everybody already: two at once are one, the next one means it. */
function stopper(interrupt: AbortController): () => void {
  let first: number | undefined
  return () => {
    if (first !== undefined && Date.now() - first > 1_000) process.exit(130)
    first ??= Date.now()
    interrupt.abort('interrupted')
  }
}

function leave(code: ExitCode): void {
  process.stdout.write('', () => process.exit(code))
  setTimeout(() => process.exit(code), 500).unref()
}

function terminalOf(interrupted: AbortSignal): Terminal {
  const { env, stdout, stderr } = process
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
    // Not readFileSync(0): a pipe that another program has made non-blocking answers it with EAGAIN.
    input: () => text(process.stdin),
    ...(process.stdin.isTTY && stderr.isTTY && { ask: (question) => ask(question, interrupted) }),
  }
}

/** On standard error: standard output is for results. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal })
  } finally {
    lines.close()
  }
}

/** Beside the sources in a checkout, one folder further up from compiled code. */
function versionOf(): string {
  const file = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'unknown'
}
