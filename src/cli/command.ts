// The shape of a command, and the frame around all of them: flags, help, exit codes.
import { parseArgs } from 'node:util'
import { Failure } from '../core/failure.ts'
import { nearest } from '../core/nearest.ts'
import { adviceOn } from './advice.ts'
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
/** Its module holds these words only, and what `run` needs is imported by `run`: all of them are read each time that one of them is used. */
export interface Command {
  /** One word, or several: `create image policy`. */
  readonly name: string
  readonly about: string
  /** After the name: `FILE…`. */
  readonly arguments?: string
  /** What the first words may be, for whoever completes them: `image policy`. */
  readonly choices?: readonly string[]
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  /** Goes on until it is interrupted, and that is no failure. */
  readonly lasting?: (given: Given) => boolean
  readonly run: (given: Given, terminal: Terminal) => Promise<ExitCode>
}
/** Commands whose names begin with one word. */
export interface Group {
  readonly name: string
  readonly about: string
  readonly commands: readonly Command[]
}
export type Entry = Command | Group

/** Wrong usage: what was expected, what was met, what to do. */
export class Usage extends Error {}

export const common: Readonly<Record<string, Flag>> = { help: { type: 'boolean', short: 'h', about: 'show this help' } }

export const commandsOf = (entries: readonly Entry[]): readonly Command[] =>
  entries.flatMap((entry) => ('commands' in entry ? entry.commands : [entry]))

export async function runCommand(entries: readonly Entry[], all: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { early, words } = withoutEarlyFlags(entries, all)
  const [first] = words
  if (first === undefined) {
    // A script whose variable was empty must not go on as if all were well.
    if (early.length > 0) return wrong(noCommand(entries, early), 'tagboat --help', terminal)
    terminal.error(overview(entries))
    return 2
  }
  if (first === '--version' || first === 'version') {
    terminal.out(terminal.version)
    return 0
  }
  const asksHelp = first === 'help' || first === '--help' || first === '-h'
  const wanted = asksHelp ? words.slice(1) : words
  if (wanted.length === 0) {
    terminal.out(overview(entries))
    return 0
  }
  const found = find(entries, wanted)
  if (found.is === 'none') return wrong(noCommand(entries, wanted), 'tagboat --help', terminal)
  if (found.is === 'group') {
    const asked = asksHelp || wanted.includes('--help') || wanted.includes('-h')
    terminal[asked ? 'out' : 'error'](overviewOf(found.group, found.said))
    return asked ? 0 : 2
  }
  const { command, rest } = found
  if (asksHelp) {
    terminal.out(help(command))
    return 0
  }
  try {
    const given = parse(command, [...early, ...rest])
    if (given.is('help')) {
      terminal.out(help(command))
      return 0
    }
    return await (command.lasting?.(given) ? command.run(given, terminal) : orInterrupted(command.run(given, terminal), terminal))
  } catch (error) {
    if (error instanceof Usage) return wrong(error.message, `tagboat ${command.name} --help`, terminal)
    const said =
      error instanceof Failure ? error.message : `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    terminal.error([`tagboat ${command.name}: ${said}`, ...adviceOn(error).map((line) => `  ${line}`)].join('\n'))
    return 1
  }
}

/** `tagboat -n apps get images`: what every command understands may come before it, too. */
function withoutEarlyFlags(entries: readonly Entry[], all: readonly string[]): { early: readonly string[]; words: readonly string[] } {
  const flags = Object.assign({}, ...commandsOf(entries).map((command) => command.flags)) as Readonly<Record<string, Flag>>
  let at = 0
  while (/^-./.test(all[at] ?? '')) {
    const [word = ''] = (all[at] ?? '').split('=', 1)
    const flag = Object.entries(flags).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[1]
    if (!flag) break
    at += flag.type === 'string' && !(all[at] ?? '').includes('=') ? 2 : 1
  }
  return { early: all.slice(0, at), words: all.slice(at) }
}

type Found =
  | { readonly is: 'command'; readonly command: Command; readonly rest: readonly string[] }
  | { readonly is: 'group'; readonly group: Group; readonly said: string }
  | { readonly is: 'none' }

/** Flux takes the plural of these, too. */
export const singular: Readonly<Record<string, string>> = {
  images: 'image',
  sources: 'source',
  repositories: 'repository',
  policies: 'policy',
  updates: 'update',
  secrets: 'secret',
  receivers: 'receiver',
}

/** The command with the longest name that these words begin with; a group if they stop before one. */
function find(entries: readonly Entry[], words: readonly string[]): Found {
  const until = words.findIndex((word) => word.startsWith('-'))
  const plain = until < 0 ? words : words.slice(0, until)
  const [first = '', ...others] = plain
  const said = [first, ...others.map((word) => singular[word] ?? word)]
  const begins = (name: string) => name.split(' ').every((word, at) => word === said[at])
  const command = commandsOf(entries)
    .filter(({ name }) => begins(name))
    .sort((a, b) => b.name.length - a.name.length)[0]
  if (command) return { is: 'command', command, rest: words.slice(command.name.split(' ').length) }
  const group = entries.find((entry) => 'commands' in entry && entry.name === first) as Group | undefined
  const inside = group?.commands.some(({ name }) => `${name} `.startsWith(`${said.join(' ')} `))
  return group && inside ? { is: 'group', group, said: said.join(' ') } : { is: 'none' }
}

function noCommand(entries: readonly Entry[], words: readonly string[]): string {
  const [first = ''] = words
  if (first.startsWith('-')) return `expected a command before "${first}"${suggestion(first, ['--help', '--version'])}`
  const group = entries.find((entry) => 'commands' in entry && entry.name === first) as Group | undefined
  if (!group)
    return `there is no command "${first}"${suggestion(
      first,
      entries.map(({ name }) => name),
    )}`
  const longest = Math.max(...group.commands.map(({ name }) => name.split(' ').length))
  const until = words.findIndex((word) => word.startsWith('-'))
  const said = words.slice(0, Math.min(longest, until < 0 ? words.length : until)).join(' ')
  const near = group.commands.map(({ name }) => name)
  return `there is no command "${said}"${suggestion(said, near)}: expected ${near.join(', ')}`
}

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

/** Flags of Flux and kubectl that mean nothing here, and what does instead. */
const strangers: Readonly<Record<string, string>> = {
  '--context': 'there is no cluster here: --stack names a deployment, --scope the cluster whose objects are meant',
  '--kubeconfig': 'there is no cluster here: --stack names a deployment, --scope the cluster whose objects are meant',
  '--kustomize': 'kustomize builds, tagboat applies: kustomize build FOLDER | tagboat apply -f -',
  '-k': 'kustomize builds, tagboat applies: kustomize build FOLDER | tagboat apply -f -',
}

function check(
  { name, rawName, value, inlineValue }: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  flags: Readonly<Record<string, Flag>>,
): void {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) {
    const instead = Object.hasOwn(strangers, rawName) ? strangers[rawName] : undefined
    const near = Object.keys(flags).map((each) => `--${each}`)
    throw new Usage(`there is no flag ${rawName}${instead === undefined ? suggestion(rawName, near) : `: ${instead}`}`)
  }
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

const listed = (entries: readonly { readonly name: string; readonly about: string }[]): readonly string[] => {
  const width = Math.max(...entries.map(({ name }) => name.length))
  return entries.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`)
}

function overview(entries: readonly Entry[]): string {
  return [
    'The right image tag in your GitOps repository, seconds after the push.',
    '',
    'Usage: tagboat COMMAND [FLAGS]',
    '',
    ...listed(entries),
    '',
    'tagboat COMMAND --help shows examples. Start with: tagboat local',
    'Exit codes: 0 fine, 1 something failed, 2 wrong usage.',
  ].join('\n')
}

function overviewOf({ name, about, commands }: Group, said: string): string {
  const some = commands.filter((command) => `${command.name} `.startsWith(`${said} `))
  return [
    `tagboat ${name}: ${about}`,
    '',
    ...listed(some.map((command) => ({ ...command, name: `tagboat ${command.name}` }))),
    '',
    `tagboat ${some[0]?.name ?? name} --help shows its flags and examples.`,
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
