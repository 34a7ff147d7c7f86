import { maxCodePoint } from './node.ts'

/** The named classes of Perl and POSIX, all ASCII. */
export const perlClasses: Readonly<Record<string, readonly number[]>> = {
  d: [0x30, 0x39],
  s: [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20],
  w: [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a],
}

export const posixClasses: Readonly<Record<string, readonly number[]>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: [0x30, 0x39],
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
}

/** Sorted and merged. */
export function cleanRanges(ranges: readonly number[]): readonly number[] {
  const pairs: (readonly [number, number])[] = []
  for (let at = 0; at + 1 < ranges.length; at += 2) pairs.push([ranges[at] ?? 0, ranges[at + 1] ?? 0])
  pairs.sort((a, b) => a[0] - b[0])
  const clean: number[] = []
  for (const [from, to] of pairs) {
    const last = clean.at(-1)
    if (last !== undefined && from <= last + 1) clean[clean.length - 1] = Math.max(last, to)
    else clean.push(from, to)
  }
  return clean
}

/** Everything but; `ranges` must be clean. A negated class matches line feeds too. */
export function invertRanges(ranges: readonly number[]): readonly number[] {
  const inverted: number[] = []
  let next = 0
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const from = ranges[at] ?? 0
    if (next < from) inverted.push(next, from - 1)
    next = (ranges[at + 1] ?? 0) + 1
  }
  if (next <= maxCodePoint) inverted.push(next, maxCodePoint)
  return inverted
}

export function rangesMeet(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i + 1 < a.length; i += 2) {
    for (let j = 0; j + 1 < b.length; j += 2) {
      if ((a[i] ?? 0) <= (b[j + 1] ?? 0) && (b[j] ?? 0) <= (a[i + 1] ?? 0)) return true
    }
  }
  return false
}

/**
 * The name under which re2js knows a Unicode class that Go accepts, or null. Since 1.25 Go ignores case, spaces, `_` and `-` in names
 * and takes the long names of categories; by the same change its scripts of several words (`Old_Italic`) stopped working.
 */
export function unicodeClass(name: string): string | null {
  const letters = name.replace(/[_ -]/g, '')
  const canonical = letters.slice(0, 1).replace(/[a-z]/, upper) + letters.slice(1).replace(/[A-Z]/g, lower)
  if (categories.has(canonical) || scripts.has(canonical)) return canonical
  return longCategories.get(canonical) ?? null
}

// Go folds ASCII only; JavaScript would turn K (Kelvin) into k.
const upper = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) - 32)
const lower = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) + 32)

const categories: ReadonlySet<string> = new Set(
  'Any Assigned Ascii Lc C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(
    ' ',
  ),
)

const longCategories: ReadonlyMap<string, string> = new Map(
  (
    'Casedletter:Lc Closepunctuation:Pe Combiningmark:M Connectorpunctuation:Pc Control:Cc Currencysymbol:Sc Dashpunctuation:Pd ' +
    'Decimalnumber:Nd Enclosingmark:Me Finalpunctuation:Pf Format:Cf Initialpunctuation:Pi Letter:L Letternumber:Nl Lineseparator:Zl ' +
    'Lowercaseletter:Ll Mark:M Mathsymbol:Sm Modifierletter:Lm Modifiersymbol:Sk Nonspacingmark:Mn Number:N Openpunctuation:Ps Other:C ' +
    'Otherletter:Lo Othernumber:No Otherpunctuation:Po Othersymbol:So Paragraphseparator:Zp Privateuse:Co Punctuation:P Separator:Z ' +
    'Spaceseparator:Zs Spacingmark:Mc Surrogate:Cs Symbol:S Titlecaseletter:Lt Unassigned:Cn Uppercaseletter:Lu Cntrl:Cc Digit:Nd Punct:P'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

// Unicode 15.0, the version of Go 1.26: re2js knows newer ones, which Flux refuses.
const scripts: ReadonlySet<string> = new Set(
  (
    'Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Carian Chakma Cham ' +
    'Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian ' +
    'Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana ' +
    'Kawi Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen ' +
    'Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician ' +
    'Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa ' +
    'Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Yezidi Yi'
  ).split(' '),
)
