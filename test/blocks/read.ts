// From a document to what can be run in it, in its order: YAML blocks, commands, and blocks of other kinds, which are named and left alone.

export interface YamlPiece {
  readonly is: 'yaml'
  readonly line: number
  readonly text: string
  /** The first line is a comment that names a file: `# apps/app.yaml`. */
  readonly file?: string
}
export interface CommandPiece {
  readonly is: 'command'
  readonly line: number
  /** On one line. */
  readonly text: string
  /** In a sentence, with a word such as FILE or nothing but its name: it is spoken of, not shown. */
  readonly mention?: boolean
  /** What stands below it in a `console` block. */
  readonly expected?: readonly string[]
}
export interface OtherPiece {
  readonly is: 'other'
  readonly line: number
  readonly what: string
}
export type Piece = YamlPiece | CommandPiece | OtherPiece

/** The commands that a document without fences may mean: a sentence, too, can begin with the word `flux`. */
const verbs = {
  flux:
    'bootstrap|build|check|completion|create|debug|delete|diff|envsubst|events|export|get|install|list|logs|migrate|pull|push|reconcile|resume|' +
    'stats|suspend|tag|trace|tree|trigger|uninstall|version',
  tagboat:
    'apply|completion|create|delete|disable|enable|explain|export|get|history|lint|local|plan|reconcile|resume|suspend|push|run|update|--help|--version',
  kubectl: 'get|logs|describe|annotate',
  npm: 'start',
} as const
const tools = Object.entries(verbs)
  .map(([tool, words]) => `${tool} (?:${words})`)
  .join('|')
const inText = new RegExp(`^(?:\\$ )?(?:npx )?(?:${tools})(?=\\s|$)`)
const inFence = /^(?:\$ )?(?:npx )?(?:flux|tagboat|kubectl (?:get|logs|describe|annotate)|npm start)(?=\s|$)/
const inCode = /`((?:npx )?(?:flux|tagboat|kubectl (?:get|logs|describe|annotate)) [^`]+)`/g

const shells = ['sh', 'bash', 'zsh', 'shell', 'console', 'text', 'txt', '']

/** `markdown`: sentences hold commands only as inline code; otherwise a line may be a command by itself. */
export function readDocument(text: string, { markdown }: { readonly markdown: boolean }): readonly Piece[] {
  const lines = text.split(/\r?\n/)
  const pieces: Piece[] = []
  let at = 0
  while (at < lines.length) {
    const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)/.exec(lines[at] ?? '')
    if (fence) {
      const [, indent = '', mark = '', kind = ''] = fence
      let end = at + 1
      while (end < lines.length && !(lines[end] ?? '').trimStart().startsWith(mark)) end++
      const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
      pieces.push(...block(kind.toLowerCase(), body, at + 2))
      at = end + 1
    } else if (markdown) {
      const number = at + 1
      pieces.push(...[...(lines[at] ?? '').matchAll(inCode)].map(([, code = '']) => spoken(code.replace(/^npx /, ''), number)))
      at++
    } else {
      const yaml = plainYaml(lines, at)
      const command = yaml === undefined && inText.test(lines[at] ?? '') ? wrapped(lines, at) : undefined
      if (yaml !== undefined) pieces.push(yamlPiece(lines.slice(at, yaml), at + 1))
      else if (command) pieces.push({ is: 'command', line: at + 1, text: command.text })
      at = yaml ?? command?.next ?? at + 1
    }
  }
  return pieces
}

function block(kind: string, body: readonly string[], line: number): readonly Piece[] {
  if (kind === 'yaml' || kind === 'yml') return [yamlPiece(body, line)]
  if (!shells.includes(kind)) return [{ is: 'other', line, what: `${kind} block` }]
  if (body.some((each) => /^apiVersion: \S/.test(each)) && !body.some((each) => inFence.test(each))) return [yamlPiece(body, line)]
  const commands: Piece[] = []
  for (let at = 0; at < body.length;) {
    if (!inFence.test(body[at] ?? '')) {
      at++
      continue
    }
    const { text, next } = wrapped(body, at)
    let end = next
    while (kind === 'console' && end < body.length && !(body[end] ?? '').startsWith('$ ')) end++
    const expected = body.slice(next, end).join('\n').trimEnd().split('\n')
    commands.push({ is: 'command', line: line + at, text, ...(expected.join('') !== '' && { expected }) })
    at = end
  }
  return commands.length > 0 ? commands : [{ is: 'other', line, what: `${kind === '' ? 'plain' : kind} block without a command of ours` }]
}

/** A verb that needs the name of an object, and has none. */
const withoutName = /^(?:flux|tagboat) (?:create|reconcile|suspend|resume|delete|export)(?: [a-z]+){0,2}$/
const spoken = (text: string, line: number): CommandPiece => ({
  is: 'command',
  line,
  text,
  ...((/ [A-Z]{2,}\b/.test(text) || /^tagboat \w+$/.test(text) || withoutName.test(text)) && { mention: true }),
})

function yamlPiece(lines: readonly string[], line: number): YamlPiece {
  const file = /^# ([\w.-]+(?:\/[\w.-]+)*\.ya?ml)$/.exec((lines[0] ?? '').trim())?.[1]
  return { is: 'yaml', line, text: `${lines.join('\n')}\n`, ...(file !== undefined && { file }) }
}

/** A command goes on behind a backslash, and, as some texts break it, on a line that begins with a flag. */
function wrapped(lines: readonly string[], at: number): { readonly text: string; readonly next: number } {
  let text = (lines[at] ?? '').replace(/^\$ /, '').replace(/^npx /, '')
  let next = at + 1
  for (; next < lines.length; next++) {
    const line = (lines[next] ?? '').trim()
    if (text.trimEnd().endsWith('\\')) text = `${text.trimEnd().slice(0, -1).trimEnd()} ${line}`
    else if (/^--[a-z]/.test(line)) text = `${text} ${line}`
    else break
  }
  return { text: text.trim(), next }
}

/** Where the YAML ends that begins here in a text without fences. */
function plainYaml(lines: readonly string[], at: number): number | undefined {
  if (!/^apiVersion: \S/.test(lines[at] ?? '')) return undefined
  let end = at + 1
  let last = end
  for (; end < lines.length && /^(\s|---\s*$|#|[A-Za-z][\w.-]*:(\s|$)|- |$)/.test(lines[end] ?? ''); end++)
    if ((lines[end] ?? '').trim() !== '') last = end + 1
  return last
}

/** As a shell splits a line, without what a shell would put in: `$NAME` stays. Several commands come apart; what a pipe or a file gets is dropped. */
export function splitCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]]
  let word: string | undefined
  let quote = ''
  let piped = false
  const end = () => {
    if (word !== undefined && !piped) commands.at(-1)?.push(word)
    word = undefined
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== '') {
      if (character === quote) quote = ''
      else word = (word ?? '') + character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ''
    } else if (character === '\\' && at + 1 < text.length) word = (word ?? '') + (text[++at] ?? '')
    else if (/\s/.test(character)) end()
    else if (character === '#' && word === undefined) break
    else if (character === ';' || text.startsWith('&&', at)) {
      end()
      piped = false
      commands.push([])
      if (character === '&') at++
    } else if (character === '|' || character === '>') {
      end()
      piped = true
    } else word = (word ?? '') + character
  }
  end()
  return commands.filter((words) => words.length > 0)
}
