// Why a text that looks like a marker is none, where it stands, and what to do.
import { readDocuments } from '../markers/documents.ts'
import { settersOf } from '../markers/marker.ts'
import { isCandidate } from '../markers.ts'
import type { Node } from '../markers/yaml/nodes.ts'
import { finding, type Code, type Finding } from './codes.ts'
import type { Suspect, Suspects } from './stamp.ts'

const wellFormed = '# {"$imagepolicy": "NAMESPACE:POLICY"}'
type Said = readonly [code: Code, message: string]

/** One finding for each text that nothing comes of. */
export function inertIn(path: string, bytes: Uint8Array, found: Suspects): readonly Finding[] {
  const inert = found.suspects.filter(({ marker }) => !marker || !isCandidate(path))
  if (inert.length === 0) return []
  const of = (say: (suspect: Suspect) => Said): readonly Finding[] =>
    inert.map((suspect) => {
      const [code, message] = say(suspect)
      return finding(code, path, suspect.line, message)
    })
  if (!isCandidate(path))
    return of(() => [
      'marker-file-name',
      'only files named *.yaml, *.yml or Kustomization are looked at: rename the file, or move the value to one',
    ])
  if (found.is === 'skipped')
    return of(() => [
      'marker-file-skipped',
      `the whole file is skipped (${found.why}: ${found.detail}): put the marked document into a file of its own`,
    ])
  const lines = found.text.split('\n')
  const texts = textsOf(bytes)
  return of((suspect) => why(suspect, lines, texts))
}

interface Range {
  readonly from: number
  readonly to: number
}

/** What lies inside of values: the bodies of blocks, and texts in quotes or over several lines. */
function textsOf(bytes: Uint8Array): readonly Range[] {
  const file = readDocuments(bytes)
  if (file.is === 'skipped') return []
  return file.documents.flatMap(({ root, text, offset }) => {
    const ranges: Range[] = []
    const open: Node[] = [root]
    for (let node = open.pop(); node; node = open.pop()) {
      if (node.kind === 'map' || node.kind === 'seq') for (const child of node.children) open.push(child)
      if (node.kind !== 'scalar') continue
      const isBlock = node.style === 'literal' || node.style === 'folded'
      // A block's first line may hold a marker, and it is no part of the text.
      const body = isBlock ? text.indexOf('\n', node.start) + 1 : node.start
      ranges.push({ from: offset + Math.max(body, node.start), to: offset + node.end })
    }
    return ranges
  })
}

function why({ offset, line }: Suspect, lines: readonly string[], texts: readonly Range[]): Said {
  if (texts.some(({ from, to }) => from <= offset && offset < to))
    return [
      'marker-in-text',
      'this is part of a text, not a comment: a marker stands behind the value itself, or on the first line of a block',
    ]
  const text = lines[line - 1] ?? ''
  const hash = commentIn(text)
  if (hash === undefined)
    return ['marker-in-text', `this is part of a value, not a comment: put a blank before the #, as in image: app:1 ${wellFormed}`]
  const [before, comment] = [text.slice(0, hash).trimEnd(), text.slice(hash)]
  if (settersOf(comment, '').length === 0) return malformed(comment, before)
  if (before.trim() === '' || before.trim() === '-') return alone(line, lines)
  if (/[\]}],?$/.test(before))
    return [
      'marker-after-bracket',
      'behind a closing bracket a comment belongs to the whole collection: write it on several lines, the marker behind the value',
    ]
  if (/(?:^|[\s:,[{])\*[^\s,\]}]+,?$/.test(before))
    return ['marker-on-alias', 'an alias is not edited: put the marker behind the value at the anchor (&…)']
  if (/:$/.test(before) || /^\s*(?:- +)*[?&!]\S*$/.test(before))
    return [
      'marker-on-key',
      'behind a key without a value there is nothing to write: put the marker behind the value, or on the line above it',
    ]
  return [
    'marker-unseen',
    'this comment belongs to no value that is looked at (the second of two equal keys, or a value that Flux clears): keep one key with one value',
  ]
}

/** Where the comment begins that the text is in: the last `#` before it with a blank, or nothing, in front. */
function commentIn(text: string): number | undefined {
  const brace = /\{[^{]*(?:\$imagepolicy|#\/definitions\/)/.exec(text)?.index ?? text.search(/\$imagepolicy|#\/definitions\//)
  let hash = text.lastIndexOf('#', brace)
  while (hash > 0 && text[hash - 1] === '#') hash--
  for (; hash > 0 && !/\s/.test(text[hash - 1] ?? ''); hash = text.lastIndexOf('#', hash - 1));
  // A marker behind a value that is itself a comment, or words before it: the comment begins earlier.
  const first = /(?:^|\s)#/.exec(text.slice(0, Math.max(0, hash)))
  if (first) return first.index + (first[0].length - 1)
  return hash < 0 ? undefined : hash
}

function malformed(comment: string, before: string): Said {
  const inside = comment.replace(/^#+\s*/, '')
  if (before.trim() === '' && /^(?:- +)?[\w."'-]+\s*:\s.*#|^- .*#/.test(inside))
    return ['marker-commented-out', 'the whole line is a comment: nothing is written here']
  if (/'\$imagepolicy'|\{\s*\$imagepolicy/.test(inside)) return ['marker-malformed', `JSON has double quotes: write ${wellFormed}`]
  if (!inside.startsWith('{')) return ['marker-malformed', `words before the object hide it: the whole comment must be ${wellFormed}`]
  if (/\}[^}]*\S[^}]*$/.test(inside))
    return [
      'marker-malformed',
      `words behind the object hide it: the whole comment must be ${wellFormed}; a note may be a key of its own, "why": "…"`,
    ]
  return ['marker-malformed', `the comment is not one JSON object of texts: write ${wellFormed}`]
}

/** A comment on a line of its own. */
function alone(line: number, lines: readonly string[]): Said {
  const next = lines.slice(line).find((each) => each.trim() !== '')
  if (next !== undefined && /^\s*(?:- +)?(?:"[^"]*"|'[^']*'|[^\s#{[][^#]*?)\s*:(?:\s|$)/.test(next))
    return ['marker-above-key', 'above "key: value" a comment belongs to the key: put the marker behind the value, on the same line']
  return ['marker-alone', 'this comment belongs to no value: put the marker behind the value, on the same line']
}
