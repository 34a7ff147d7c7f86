import { byteLength } from '../bytes.ts'
import { cleanRanges, invertRanges, perlClasses, posixClasses, unicodeClass } from './classes.ts'
import { capture, group, leaf, maxCodePoint, repeat, unbounded, type Node, type Ranges } from './node.ts'

/** What Go's regexp/syntax makes of a pattern: the tree, or its error text. */
export type ParsedPattern =
  | {
      readonly ok: true
      readonly root: Node
      /** Names by group number; unnamed groups and the whole match have none. */
      readonly names: readonly string[]
      /** The same pattern without group names (Go lets one occur twice, re2js does not) and with class names that re2js knows. */
      readonly plain: string
    }
  | { readonly ok: false; readonly error: string }

export const maxPatternBytes = 16_384
/** Far above any real pattern; matching costs at most this many steps for each character of a tag. */
export const maxProgram = 10_000

export const goError = (code: string, excerpt: string): string => `error parsing regexp: ${code}: \`${excerpt}\``

export function parsePattern(source: string): ParsedPattern {
  if (byteLength(source) > maxPatternBytes) {
    return { ok: false, error: `pattern is too long: ${byteLength(source)} bytes, at most ${maxPatternBytes} are allowed` }
  }
  const parser = new Parser(source)
  try {
    return parser.parse()
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.message }
    throw error
  }
}

/** Leaves the parser from any depth; never leaves this file. */
class Refusal extends Error {
  constructor(code: string, excerpt: string) {
    super(goError(code, excerpt))
  }
}

interface Flags {
  readonly fold: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly lazy: boolean
}

/** An open parenthesis (or the whole pattern): finished alternatives, and the one being read. */
interface Open {
  readonly captures: boolean
  readonly flagsBefore: Flags
  readonly choices: Node[]
  items: Node[]
}

const badRange = 'invalid character class range'
const badEscape = 'invalid escape sequence'
const counted = /\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}/y
const groupName = /^[A-Za-z0-9_]+$/
const escaped: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

// One pass over the source, with Go's order of checks: the first fault that Go would meet is the one reported.
class Parser {
  readonly #source: string
  #at = 0
  #flags: Flags = { fold: false, multiline: false, dotAll: false, lazy: false }
  #open: Open
  readonly #outer: Open[] = []
  readonly #names: string[] = ['']
  #plain = ''
  #copied = 0

  constructor(source: string) {
    this.#source = source
    this.#open = { captures: false, flagsBefore: this.#flags, choices: [], items: [] }
  }

  parse(): ParsedPattern {
    let lastRepeat = -1
    while (this.#at < this.#source.length) lastRepeat = this.#step(lastRepeat)
    const root = this.#close(this.#open)
    if (this.#outer.length > 0) throw new Refusal('missing closing )', this.#source)
    if (root.size > maxProgram) {
      return { ok: false, error: `pattern is too large: it compiles to ${root.size} instructions, at most ${maxProgram} are allowed` }
    }
    return { ok: true, root, names: this.#names, plain: this.#plain + this.#source.slice(this.#copied) }
  }

  /** Reads one item; answers where a repetition began, since one may not directly follow another. */
  #step(lastRepeat: number): number {
    const character = this.#source.charAt(this.#at)
    switch (character) {
      case '(':
        this.#openParenthesis()
        return -1
      case ')':
        this.#closeParenthesis()
        return -1
      case '|':
        this.#open.choices.push(group('sequence', this.#open.items))
        this.#open.items = []
        this.#at++
        return -1
      case '^':
        this.#push(leaf({ kind: this.#flags.multiline ? 'line-or-word-edge' : 'begin-text' }), 1)
        return -1
      case '$':
        this.#push(leaf({ kind: this.#flags.multiline ? 'line-or-word-edge' : 'end-text' }), 1)
        return -1
      case '.':
        this.#push(leaf({ kind: 'character', ranges: this.#flags.dotAll ? [0, maxCodePoint] : [0, 9, 11, maxCodePoint] }), 1)
        return -1
      case '[':
        this.#push(leaf({ kind: 'character', ranges: this.#class() }), 0)
        return -1
      case '*':
      case '+':
      case '?':
        return this.#repeat({ min: character === '+' ? 1 : 0, max: character === '?' ? 1 : unbounded, width: 1 }, lastRepeat)
      case '{':
        return this.#brace(lastRepeat)
      case '\\':
        this.#backslash()
        return -1
      default:
        this.#literal(this.#next())
        return -1
    }
  }

  #next(): number {
    const rune = this.#source.codePointAt(this.#at) ?? 0
    this.#at += rune > 0xffff ? 2 : 1
    return rune
  }

  #push(node: Node, width: number): void {
    this.#open.items.push(node)
    this.#at += width
  }

  #literal(rune: number): void {
    this.#open.items.push(leaf({ kind: 'character', ranges: this.#spelled([rune, rune]) }))
  }

  /** Ranges are spelled out only where case folding cannot add to them. */
  #spelled(ranges: readonly number[]): Ranges {
    if (!this.#flags.fold) return ranges
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      const [from, to] = [ranges[at] ?? 0, ranges[at + 1] ?? 0]
      if (to > 0x7f || (from <= 0x5a && to >= 0x41) || (from <= 0x7a && to >= 0x61)) return null
    }
    return ranges
  }

  /** Replaces the source from `from` to here in the plain pattern. */
  #rewrite(from: number, text: string): void {
    this.#plain += this.#source.slice(this.#copied, from) + text
    this.#copied = this.#at
  }

  #openParenthesis(): void {
    const start = this.#at
    if (this.#source.charAt(start + 1) !== '?') {
      this.#at++
      this.#enter({ captures: true, name: '' })
      return
    }
    const rest = this.#source.slice(start, start + 5)
    const nameAt = rest.startsWith('(?P<') && rest.length > 4 ? 4 : rest.startsWith('(?<') && rest.length > 3 ? 3 : 0
    if (nameAt === 0) {
      this.#perlFlags(start)
      return
    }
    const end = this.#source.indexOf('>', start)
    if (end < 0) throw new Refusal('invalid named capture', this.#source.slice(start))
    const name = this.#source.slice(start + nameAt, end)
    if (!groupName.test(name)) throw new Refusal('invalid named capture', this.#source.slice(start, end + 1))
    this.#at = end + 1
    this.#rewrite(start, '(')
    this.#enter({ captures: true, name })
  }

  #enter({ captures, name }: { readonly captures: boolean; readonly name: string }): void {
    if (captures) this.#names.push(name)
    this.#outer.push(this.#open)
    this.#open = { captures, flagsBefore: this.#flags, choices: [], items: [] }
  }

  /** `(?i)`, `(?i-s:` and the like. */
  #perlFlags(start: number): void {
    this.#at = start + 2
    const flags = { ...this.#flags }
    const letters: Readonly<Record<string, keyof Flags>> = { i: 'fold', m: 'multiline', s: 'dotAll', U: 'lazy' }
    let value = true
    let seen = false
    while (this.#at < this.#source.length) {
      const character = String.fromCodePoint(this.#next())
      const flag = Object.hasOwn(letters, character) ? letters[character] : undefined
      if (flag) {
        flags[flag] = value
        seen = true
      } else if (character === '-' && value) {
        value = false
        seen = false
      } else if ((character === ':' || character === ')') && (value || seen)) {
        if (character === ':') this.#enter({ captures: false, name: '' })
        this.#flags = flags
        return
      } else break
    }
    throw new Refusal('invalid or unsupported Perl syntax', this.#source.slice(start, this.#at))
  }

  #closeParenthesis(): void {
    const outer = this.#outer.pop()
    if (!outer) throw new Refusal('unexpected )', this.#source)
    const inside = this.#close(this.#open)
    this.#flags = this.#open.flagsBefore
    const node = this.#open.captures ? capture(inside) : inside
    this.#open = outer
    this.#push(node, 1)
  }

  #close(open: Open): Node {
    open.choices.push(group('sequence', open.items))
    return group('choice', open.choices)
  }

  #brace(lastRepeat: number): number {
    counted.lastIndex = this.#at
    const match = counted.exec(this.#source)
    if (!match) {
      // Not a count: the brace stands for itself.
      this.#literal(this.#next())
      return -1
    }
    const [text, low = '', comma, high] = match
    const min = Number(low)
    const max = comma === undefined ? min : high === undefined ? unbounded : Number(high)
    if (min > 1000 || max > 1000 || (max !== unbounded && min > max)) throw new Refusal('invalid repeat count', text)
    return this.#repeat({ min, max, width: text.length }, lastRepeat)
  }

  #repeat({ min, max, width }: { readonly min: number; readonly max: number; readonly width: number }, lastRepeat: number): number {
    const start = this.#at
    this.#at += width
    let lazy = this.#flags.lazy
    if (this.#source.charAt(this.#at) === '?') {
      this.#at++
      lazy = !lazy
    }
    if (lastRepeat >= 0) throw new Refusal('invalid nested repetition operator', this.#source.slice(lastRepeat, this.#at))
    const written = this.#source.slice(start, this.#at)
    const of = this.#open.items.pop()
    if (!of) throw new Refusal('missing argument to repetition operator', written)
    const node = repeat(of, { min, max, greedy: !lazy })
    this.#open.items.push(node)
    if (this.#source.charAt(start) === '{' && (min >= 2 || max >= 2) && node.repeats > 1000)
      throw new Refusal('invalid repeat count', written)
    return start
  }

  #backslash(): void {
    switch (this.#source.charAt(this.#at + 1)) {
      case 'A':
        this.#push(leaf({ kind: 'begin-text' }), 2)
        return
      case 'z':
        this.#push(leaf({ kind: 'end-text' }), 2)
        return
      case 'b':
      case 'B':
        this.#push(leaf({ kind: 'line-or-word-edge' }), 2)
        return
      case 'C':
        throw new Refusal(badEscape, '\\C')
      case 'Q': {
        const close = this.#source.indexOf('\\E', this.#at + 2)
        const end = close < 0 ? this.#source.length : close
        this.#at += 2
        while (this.#at < end) this.#literal(this.#next())
        this.#at = close < 0 ? end : end + 2
        return
      }
    }
    const ranges = this.#classEscape()
    if (ranges === undefined) this.#literal(this.#escape())
    else this.#push(leaf({ kind: 'character', ranges }), 0)
  }

  /** `\pL`, `\p{Greek}`, `\d`; undefined where there is none. */
  #classEscape(): Ranges | undefined {
    if (this.#source.charAt(this.#at) !== '\\') return undefined
    const letter = this.#source.charAt(this.#at + 1)
    if (letter === 'p' || letter === 'P') {
      this.#unicodeClass(letter)
      return null
    }
    const ranges = Object.hasOwn(perlClasses, letter.toLowerCase()) ? perlClasses[letter.toLowerCase()] : undefined
    if (!ranges || letter === '') return undefined
    this.#at += 2
    const spelled = this.#spelled(ranges)
    return spelled && (letter < 'a' ? invertRanges(spelled) : spelled)
  }

  #unicodeClass(letter: 'p' | 'P'): void {
    const start = this.#at
    this.#at += 2
    let name = ''
    if (this.#source.charAt(this.#at) === '{') {
      const end = this.#source.indexOf('}', start)
      if (end < 0) throw new Refusal(badRange, this.#source.slice(start))
      name = this.#source.slice(start + 3, end)
      this.#at = end + 1
    } else if (this.#at < this.#source.length) name = String.fromCodePoint(this.#next())
    const negated = name.startsWith('^')
    const known = unicodeClass(negated ? name.slice(1) : name)
    if (known === null) throw new Refusal(badRange, this.#source.slice(start, this.#at))
    this.#rewrite(start, `\\${letter}{${negated ? '^' : ''}${known}}`)
  }

  #escape(): number {
    const start = this.#at
    this.#at++
    if (this.#at >= this.#source.length) throw new Refusal('trailing backslash at end of expression', '')
    const rune = this.#next()
    const character = String.fromCodePoint(rune)
    const simple = Object.hasOwn(escaped, character) ? escaped[character] : undefined
    if (simple !== undefined) return simple
    if (character === 'x') {
      const value = this.#hex()
      if (value !== null) return value
    } else if (/^[0-7]$/.test(character) && (character === '0' || /^[0-7]$/.test(this.#source.charAt(this.#at)))) {
      const digits = /^[0-7]{0,2}/.exec(this.#source.slice(this.#at, this.#at + 2))?.[0] ?? ''
      this.#at += digits.length
      return Number.parseInt(character + digits, 8)
    } else if (rune < 0x80 && !/^[A-Za-z0-9]$/.test(character)) return rune
    throw new Refusal(badEscape, this.#source.slice(start, this.#at))
  }

  /** After `\x`: two digits, or any number of them in braces. On a fault the position is where Go stops reading. */
  #hex(): number | null {
    if (this.#at >= this.#source.length) return null
    const digit = (rune: number): number => (rune < 0x80 ? Number.parseInt(String.fromCodePoint(rune), 16) : Number.NaN)
    const first = this.#next()
    if (first !== 0x7b) {
      if (this.#at >= this.#source.length) return null
      const value = digit(first) * 16 + digit(this.#next())
      return Number.isNaN(value) ? null : value
    }
    let value = 0
    for (let digits = 0; this.#at < this.#source.length; digits++) {
      const rune = this.#next()
      if (rune === 0x7d) return digits > 0 ? value : null
      value = value * 16 + digit(rune)
      if (Number.isNaN(value) || value > maxCodePoint) return null
    }
    return null
  }

  #class(): Ranges {
    const start = this.#at
    this.#at++
    const negated = this.#source.charAt(this.#at) === '^'
    if (negated) this.#at++
    const ranges: number[] = []
    let spelled = true
    const add = (more: Ranges): void => {
      if (more) ranges.push(...more)
      else spelled = false
    }
    for (let first = true; first || this.#source.charAt(this.#at) !== ']'; first = false) {
      const posix = this.#posixClass()
      const named = posix === undefined ? this.#classEscape() : posix
      if (named !== undefined) {
        add(named)
        continue
      }
      const from = this.#at
      const low = this.#classCharacter(start)
      let high = low
      if (this.#source.charAt(this.#at) === '-' && this.#at + 1 < this.#source.length && this.#source.charAt(this.#at + 1) !== ']') {
        this.#at++
        high = this.#classCharacter(start)
        if (high < low) throw new Refusal(badRange, this.#source.slice(from, this.#at))
      }
      add(this.#spelled([low, high]))
    }
    this.#at++
    const clean = cleanRanges(ranges)
    return spelled ? (negated ? invertRanges(clean) : clean) : null
  }

  #classCharacter(classStart: number): number {
    if (this.#at >= this.#source.length) throw new Refusal('missing closing ]', this.#source.slice(classStart))
    if (this.#source.charAt(this.#at) === '\\') return this.#escape()
    const rune = this.#next()
    // re2js sees a named class in `[[:]`, where the colon and the bracket that end it are those that begin it.
    if (rune === 0x5b) this.#rewrite(this.#at - 1, '\\[')
    return rune
  }

  /** `[:alpha:]`; undefined where there is none. */
  #posixClass(): Ranges | undefined {
    if (!this.#source.startsWith('[:', this.#at)) return undefined
    const end = this.#source.indexOf(':]', this.#at + 2)
    if (end < 0) return undefined
    const written = this.#source.slice(this.#at, end + 2)
    const negated = written.startsWith('[:^')
    const name = written.slice(negated ? 3 : 2, -2)
    const ranges = Object.hasOwn(posixClasses, name) ? posixClasses[name] : undefined
    if (!ranges) throw new Refusal(badRange, written)
    this.#at = end + 2
    const spelled = this.#spelled(ranges)
    return spelled && (negated ? invertRanges(spelled) : spelled)
  }
}
