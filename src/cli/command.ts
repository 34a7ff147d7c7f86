// The shape of a command, and the frame around all of them: flags, help, exit codes.
import { parseArgs } from 'node:util'
import { Failure } from '../core/failure.ts'
import { nearest } from '../core/nearest.ts'
import type { Terminal } from './terminal.ts'

/** 0 fine, 1 something failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2

export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly about: string
  /** What stands for the value in the help. */
  readonly value?: string
  readonly multiple?: boolean
}
export interface Given {
  readonly words: readonly string[]
  readonly text: (name: string) => string | undefined
  readonly texts: (name: string) => readonly string[]
  readonly is: (name: string) => boolean
}
export interface Command {
  readonly name: string
  readonly about: string
  /** After the name: `FILE…`. */
  readonly arguments?: string
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  /** Goes on until it is interrupted, and that is no failure. */
  readonly lasting?: (given: Given) => boolean
  readonly run: (given: Given, terminal: Terminal) => Promise<ExitCode>
}

/** Wrong usage: what was expected, what was met, what to do. */
export class Usage extends Error {}

const common: Readonly<Record<string, Flag>> = { help: { type: 'boolean', short: 'h', about: 'show this help' } }

export async function runCommand(commands: readonly Command[], words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first, ...rest] = words
  const names = commands.map(({ name }) => name)
  if (first === undefined) {
    // A script whose variable was empty must not go on as if all were well.
    terminal.error(overview(commands))
    return 2
  }
  if (first === '--version' || first === 'version') {
    terminal.out(terminal.version)
    return 0
  }
  const asksHelp = first === 'help' || first === '--help' || first === '-h'
  const wanted = asksHelp ? rest[0] : first
  if (wanted === undefined) {
    terminal.out(overview(commands))
    return 0
  }
  const command = commands.find(({ name }) => name === wanted)
  if (!command) return wrong(noCommand(wanted, names), 'tagboat --help', terminal)
  if (asksHelp) {
    terminal.out(help(command))
    return 0
  }
  try {
    const given = parse(command, rest)
    if (given.is('help')) {
      terminal.out(help(command))
      return 0
    }
    return await (command.lasting?.(given) ? command.run(given, terminal) : orInterrupted(command.run(given, terminal), terminal))
  } catch (error) {
    if (error instanceof Usage) return wrong(error.message, `tagboat ${command.name} --help`, terminal)
    const said =
      error instanceof Failure ? error.message : `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    terminal.error(`tagboat ${command.name}: ${said}`)
    return 1
  }
}

const noCommand = (word: string, names: readonly string[]): string =>
  word.startsWith('-')
    ? `expected a command before "${word}"${suggestion(word, ['--help', '--version'])}`
    : `there is no command "${word}"${suggestion(word, names)}`

/** Whoever presses Ctrl-C waits for nothing more. */
async function orInterrupted(work: Promise<ExitCode>, { interrupted, error }: Terminal): Promise<ExitCode> {
  return Promise.race([
    work,
    new Promise<ExitCode>((done) => {
      const stop = () => {
        if (interrupted.reason === 'closed') return done(0)
        error('interrupted')
        done(1)
      }
      if (interrupted.aborted) stop()
      else interrupted.addEventListener('abort', stop, { once: true })
    }),
  ])
}

function parse(command: Command, words: readonly string[]): Given {
  const flags: Readonly<Record<string, Flag>> = { ...command.flags, ...common }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short, multiple }]) => [
      name,
      { type, multiple: multiple ?? false, ...(short !== undefined && { short }) },
    ]),
  )
  // The words of the strict mode are not ours, and differ between versions of Node.
  const { values, positionals, tokens } = parseArgs({ args: [...words], options, allowPositionals: true, strict: false, tokens: true })
  for (const token of tokens) if (token.kind === 'option') check(token, flags)
  const get = (name: string): unknown => values[name]
  return {
    words: positionals,
    text: (name) => get(name) as string | undefined,
    texts: (name) => (get(name) as readonly string[] | undefined) ?? [],
    is: (name) => get(name) === true,
  }
}

function check(
  { name, rawName, value, inlineValue }: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  flags: Readonly<Record<string, Flag>>,
): void {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag)
    throw new Usage(
      `there is no flag ${rawName}${suggestion(
        rawName,
        Object.keys(flags).map((each) => `--${each}`),
      )}`,
    )
  if (flag.type === 'boolean') {
    if (value !== undefined) throw new Usage(`expected ${rawName} without a value, got "${value}"`)
    return
  }
  if (value === undefined) throw new Usage(`expected ${flag.value ?? 'a value'} after ${rawName}, got nothing`)
  if (inlineValue !== true && /^-./.test(value))
    throw new Usage(`expected ${flag.value ?? 'a value'} after ${rawName}, got "${value}" (if that is meant: --${name}=${value})`)
}

function wrong(message: string, see: string, terminal: Terminal): ExitCode {
  terminal.error(`tagboat: ${message}\nSee: ${see}`)
  return 2
}

export const suggestion = (word: string, candidates: readonly string[]): string => {
  const near = nearest(word, candidates)
  return near === undefined ? '' : ` (did you mean "${near}"?)`
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'The right image tag in your GitOps repository, seconds after the push.',
    '',
    'Usage: tagboat COMMAND [FLAGS]',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'tagboat COMMAND --help shows examples. Start with: tagboat local',
    'Exit codes: 0 fine, 1 something failed, 2 wrong usage.',
  ].join('\n')
}

function help({ name, about, arguments: words, flags, examples }: Command): string {
  const rows = Object.entries({ ...flags, ...common }).map(([flag, { short, value, about: text }]) => {
    const long = `--${flag}${value === undefined ? '' : ` ${value}`}`
    return [short === undefined ? `    ${long}` : `-${short}, ${long}`, text] as const
  })
  const width = Math.max(...rows.map(([flag]) => flag.length))
  return [
    `tagboat ${name}: ${about}`,
    '',
    `Usage: tagboat ${name}${words === undefined ? '' : ` ${words}`} [FLAGS]`,
    '',
    ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n')
}
