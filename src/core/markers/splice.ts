// One scalar's new text in the place of its old one. Nothing outside the scalar, its tag and its anchor is touched.
import { inQuotes, type Written, writtenAs } from './quote.ts'
import type { Scalar } from './yaml/nodes.ts'

export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly written: Written
}

/** `source` is what was parsed: positions are those of the scalar in it. */
export function spliceOf(source: string, scalar: Scalar, value: string): Splice {
  const written = writtenAs(scalar, value)
  const wasBlock = scalar.style === 'literal' || scalar.style === 'folded'
  const body = wasBlock ? overBlock(source, scalar, written, value) : { text: flowText(written, value), end: scalar.end }
  const { start, text } = withProps(source, scalar, written, body.text)
  return { start, end: body.end, text, written }
}

const flowText = ({ style }: Written, value: string): string =>
  style === 'literal' || style === 'folded' ? inQuotes('double', value) : inQuotes(style, value)

/** Tag and anchor come in go-yaml's order, anchor first, unless a comment or a line break stands among them. */
function withProps(source: string, scalar: Scalar, { tag }: Written, text: string): { readonly start: number; readonly text: string } {
  if (scalar.propsStart === scalar.start) return { start: scalar.start, text }
  if (/[^ \t]/.test(source.slice(scalar.propsEnd, scalar.start)) || /[\n\r]/.test(source.slice(scalar.propsStart, scalar.propsEnd))) {
    return { start: scalar.start, text }
  }
  const anchor = scalar.anchor === '' ? [] : [`&${scalar.anchor}`]
  const tags = tag === '' ? [] : [tag.startsWith('!') ? tag : `!<${tag}>`]
  return { start: scalar.propsStart, text: [...anchor, ...tags, text].filter((part) => part !== '').join(' ') }
}

/**
 * A block scalar keeps its header line, marker included, and the indent of its body. Its chomping becomes `-`: the value has no final line break.
 * What must be quoted leaves the block and takes the header line's comment behind it.
 */
function overBlock(source: string, scalar: Scalar, written: Written, value: string): { readonly text: string; readonly end: number } {
  const whole = source.slice(scalar.start, scalar.end)
  const header = /^[|>][-+0-9]*([^\n\r\x85\u2028\u2029]*)(\r\n|[\n\r\x85\u2028\u2029])?/.exec(whole)
  const [headerLine = '', comment = '', lineBreak = '\n'] = header ?? []
  const end = scalar.end - (/(?:\r\n|[\n\r\x85\u2028\u2029])+$/.exec(whole)?.[0].length ?? 0)
  if (written.style !== 'literal' && written.style !== 'folded') {
    return { text: `${padding(source, scalar)}${inQuotes(written.style, value)}${comment}`, end: Math.max(end, scalar.start) }
  }
  const indent = bodyIndent(whole.slice(headerLine.length)) ?? `${lineIndent(source, scalar.start)}  `
  return { text: `${written.style === 'literal' ? '|' : '>'}-${comment}${lineBreak}${indent}${value}`, end }
}

/** The indent of the first line with text; a line deeper than its block's indicated indent loses the rest, which is only blank. */
const bodyIndent = (body: string): string | undefined => /^(?:[ ]*[\n\r\x85\u2028\u2029])*([ ]+)[^ ]/.exec(body)?.[1]

/** A block may stand on its own line right below the start of its key; in quotes it would be taken for a key there. */
function padding(source: string, scalar: Scalar): string {
  const before = source.slice(0, scalar.start).split(/[\n\r\x85\u2028\u2029]/)
  const own = before.pop() ?? ''
  const keyLine = before.findLast((line) => /^ *[^ #]/.test(line))
  if (scalar.propsStart !== scalar.start || !/^ *$/.test(own) || keyLine === undefined) return ''
  return own.length <= (/^ *(?:- +)*/.exec(keyLine)?.[0].length ?? 0) ? '  ' : ''
}

/** Where the entry that holds a scalar begins: behind the dashes and question marks of its line, if a key stands there. */
function lineIndent(source: string, at: number): string {
  const from = source.lastIndexOf('\n', at - 1) + 1
  const [, indent = '', signs = '', key = ''] = /^([ ]*)((?:[-?:][ ]+)*)(.*)$/s.exec(source.slice(from, at)) ?? []
  return key === '' ? indent : indent + ' '.repeat(signs.length)
}
