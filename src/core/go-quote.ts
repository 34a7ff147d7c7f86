// Go's %q (strconv.Quote), which error texts use.
const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}
// What Go calls printable: letters, marks, numbers, punctuation, symbols and the ASCII space.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

export function goQuote(text: string): string {
  let quoted = '"'
  for (const character of text)
    quoted += named[character] ?? (printable.test(character) ? character : escape(character.codePointAt(0) ?? 0))
  return `${quoted}"`
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')
const escape = (rune: number): string => (rune < 0x80 ? `\\x${hex(rune, 2)}` : rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`)
