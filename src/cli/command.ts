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
  readonly run: (given: Given, terminal: Terminal) => Promise<ExitCode>
}

/** Wrong usage: what was expected, what was met, what to do. */
export class Usage extends Error {}

const common: Readonly<Record<string, Flag>> = { help: { type: 'boolean', short: 'h', about: 'show this help' } }

export async function runCommand(commands: readonly Command[], words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first, ...rest] = words
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    const about = rest[0] === undefined ? undefined : commands.find(({ name }) => name === rest[0])
    terminal.out(about ? help(about) : overview(commands))
    return 0
  }
  if (first === '--version') {
    terminal.out(terminal.version)
    return 0
  }
  const command = commands.find(({ name }) => name === first)
  if (!command)
    return wrong(
      `there is no command "${first}"${suggestion(
        first,
        commands.map(({ name }) => name),
      )}`,
      'tagboat --help',
      terminal,
    )
  try {
    const given = parse(command, rest)
    if (given.is('help')) {
      terminal.out(help(command))
      return 0
    }
    return await command.run(given, terminal)
  } catch (error) {
    if (error instanceof Usage) return wrong(error.message, `tagboat ${command.name} --help`, terminal)
    if (error instanceof Failure) {
      terminal.error(`tagboat ${command.name}: ${error.message}`)
      return 1
    }
    throw error
  }
}

function parse(command: Command, words: readonly string[]): Given {
  const flags = { ...command.flags, ...common }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short, multiple }]) => [
      name,
      { type, multiple: multiple ?? false, ...(short !== undefined && { short }) },
    ]),
  )
  for (const word of words) {
    const name = /^--([^=]+)/.exec(word)?.[1]
    if (name !== undefined && !Object.hasOwn(flags, name))
      throw new Usage(
        `there is no flag --${name}${suggestion(
          `--${name}`,
          Object.keys(flags).map((each) => `--${each}`),
        )}`,
      )
  }
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    const get = (name: string): unknown => values[name]
    return {
      words: positionals,
      text: (name) => get(name) as string | undefined,
      texts: (name) => (get(name) as readonly string[] | undefined) ?? [],
      is: (name) => get(name) === true,
    }
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message.replace(/\. To specify.*$/s, '') : String(error))
  }
}

function wrong(message: string, see: string, terminal: Terminal): ExitCode {
  terminal.error(`tagboat: ${message}\nSee: ${see}`)
  return 2
}

const suggestion = (word: string, candidates: readonly string[]): string => {
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
