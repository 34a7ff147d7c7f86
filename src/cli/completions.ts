// Completion as each shell wants it, from the table of commands: which words may follow which, and which flags there are then.
import { commandsOf, common, type Command, type Entry, type Flag } from './command.ts'

interface Word {
  readonly word: string
  readonly about: string
}
interface Place {
  /** The words before: `create image`. */
  readonly path: string
  readonly words: readonly Word[]
  readonly flags: Readonly<Record<string, Flag>>
}

export function scriptFor(shell: 'bash' | 'zsh' | 'fish', entries: readonly Entry[]): string {
  const places = placesIn(entries)
  return { bash, zsh, fish }[shell](places)
}

function placesIn(entries: readonly Entry[]): readonly Place[] {
  const words = new Map<string, Map<string, string>>()
  const flags = new Map<string, Readonly<Record<string, Flag>>>()
  const abouts = new Map(entries.map(({ name, about }) => [name, about]))
  const lead = (said: readonly string[], about: string) => {
    for (let at = 0; at < said.length; at++) {
      const path = said.slice(0, at).join(' ')
      const [word = '', last] = [said[at], at === said.length - 1]
      const known = words.get(path) ?? new Map<string, string>()
      words.set(path, known)
      if (!known.has(word) || last) known.set(word, path === '' ? (abouts.get(word) ?? about) : last ? about : '')
    }
  }
  const add = ({ name, about, choices = [], flags: own }: Command) => {
    lead(name.split(' '), about)
    flags.set(name, own)
    for (const choice of choices) {
      lead([...name.split(' '), ...choice.split(' ')], '')
      const all = choice.split(' ')
      all.forEach((_, at) => flags.set([name, ...all.slice(0, at + 1)].join(' '), own))
    }
  }
  for (const command of commandsOf(entries)) add(command)
  lead(['help'], 'show help of a command')
  return [...new Set([...words.keys(), ...flags.keys()])].sort().map((path) => ({
    path,
    words: [...(words.get(path) ?? [])].map(([word, about]) => ({ word, about })),
    flags: { ...flags.get(path), ...common },
  }))
}

/** What may stand behind a flag: one of these words, a file, or something that nobody can guess. */
function valuesOf({ type, value = '' }: Flag): readonly string[] | 'files' | 'anything' | 'none' {
  if (type === 'boolean') return 'none'
  if (value.includes('|')) return value.split('|')
  return value === 'FILE' || value === 'FOLDER' ? 'files' : 'anything'
}

const written = ([name, { short }]: readonly [string, Flag]): readonly string[] => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
]

/** Flags by what stands behind them; one of the same name means the same everywhere. */
function byValue(places: readonly Place[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  for (const flag of places.flatMap(({ flags }) => Object.entries(flags))) {
    const values = valuesOf(flag[1])
    if (values === 'none') continue
    const key = typeof values === 'string' ? values : values.join(' ')
    const names = found.get(key) ?? new Set()
    for (const name of written(flag)) names.add(name)
    found.set(key, names)
  }
  return new Map([...found].map(([key, names]) => [key, [...names]]))
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const cases = (places: readonly Place[], of: (place: Place) => string): readonly string[] =>
  places.flatMap((place) => {
    const said = of(place)
    return said === '' ? [] : [`    ${quoted(place.path)}) ${said} ;;`]
  })

/** The words that count, as bash and zsh find them: flags and their values lead nowhere. */
const walk = (each: string, paths: readonly Place[]): readonly string[] => [
  `  for word in ${each}; do`,
  '    case "${place:+$place }$word" in',
  `      ${paths.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|')}) place="\${place:+$place }$word" ;;`,
  '    esac',
  '  done',
]

function bash(places: readonly Place[]): string {
  const values = [...byValue(places)].map(([key, names]) => {
    const reply = key === 'files' ? 'compgen -f -- "$current"' : key === 'anything' ? ':' : `compgen -W ${quoted(key)} -- "$current"`
    return `    ${names.join('|')}) mapfile -t COMPREPLY < <(${reply}); return ;;`
  })
  return [
    '# bash completion for tagboat: source <(tagboat completion bash)',
    '_tagboat() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" place="" word words="" flags=""',
    '  if [ "$current" = "=" ]; then current=""; elif [ "$previous" = "=" ]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    '  case "$previous" in',
    ...values,
    '  esac',
    ...walk('"${COMP_WORDS[@]:1:COMP_CWORD-1}"', places),
    '  case "$place" in',
    ...cases(places, ({ words, flags }) =>
      [
        ...(words.length > 0 ? [`words=${quoted(words.map(({ word }) => word).join(' '))}`] : []),
        `flags=${quoted(Object.entries(flags).flatMap(written).join(' '))}`,
      ].join('; '),
    ),
    '  esac',
    '  case "$current" in',
    '    -*) mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current") ;;',
    '    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;',
    '  esac',
    '}',
    'complete -o default -F _tagboat tagboat',
  ].join('\n')
}

/** A colon ends the word in what zsh describes. */
const described = (word: string, about: string): string => quoted(`${word.replaceAll(':', '\\:')}:${about}`)

function zsh(places: readonly Place[]): string {
  const values = [...byValue(places)].map(([key, names]) => {
    const reply = key === 'files' ? '_files' : key === 'anything' ? "_message 'a value'" : `compadd -- ${key}`
    return `    ${names.join('|')}) ${reply}; return ;;`
  })
  return [
    '#compdef tagboat',
    '# zsh completion for tagboat: tagboat completion zsh > "${fpath[1]}/_tagboat"',
    '_tagboat() {',
    '  local word place=""',
    '  local -a said flags',
    '  case "${words[CURRENT-1]}" in',
    ...values,
    '  esac',
    ...walk('"${(@)words[2,CURRENT-1]}"', places),
    '  case "$place" in',
    ...cases(places, ({ words, flags }) =>
      [
        ...(words.length > 0 ? [`said=(${words.map(({ word, about }) => described(word, about)).join(' ')})`] : []),
        `flags=(${Object.entries(flags)
          .flatMap((flag) => written(flag).map((name) => described(name, flag[1].about)))
          .join(' ')})`,
      ].join('; '),
    ),
    '  esac',
    '  if [[ "${words[CURRENT]}" == -* ]]; then _describe flag flags; elif (( ${#said} )); then _describe command said; else _files; fi',
    '}',
    // Sourced, or loaded from a folder of fpath.
    'if [ "$funcstack[1]" = "_tagboat" ]; then _tagboat "$@"; else compdef _tagboat tagboat; fi',
  ].join('\n')
}

function fish(places: readonly Place[]): string {
  const known = places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  const at = (path: string) => `-n ${quoted(`__tagboat_at "${path}"`)}`
  const flagLine = (path: string, [name, flag]: readonly [string, Flag]): string => {
    const values = valuesOf(flag)
    const behind = values === 'none' ? '' : values === 'files' ? ' -rF' : values === 'anything' ? ' -x' : ` -xa ${quoted(values.join(' '))}`
    return `complete -c tagboat ${at(path)} -l ${name}${flag.short === undefined ? '' : ` -s ${flag.short}`}${behind} -d ${quoted(flag.about)}`
  }
  return [
    '# fish completion for tagboat: tagboat completion fish > ~/.config/fish/completions/tagboat.fish',
    'function __tagboat_at',
    '  set -l path ""',
    '  for word in (commandline -opc)[2..]',
    '    set -l next (string trim -- "$path $word")',
    `    contains -- "$next" ${known.join(' ')}; and set path $next`,
    '  end',
    '  test "$path" = "$argv[1]"',
    'end',
    'complete -c tagboat -f',
    ...places.flatMap(({ path, words, flags }) => [
      ...words.map(({ word, about }) => `complete -c tagboat ${at(path)} -a ${quoted(word)}${about === '' ? '' : ` -d ${quoted(about)}`}`),
      ...Object.entries(flags).map((flag) => flagLine(path, flag)),
    ]),
  ].join('\n')
}
