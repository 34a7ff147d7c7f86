/** The lines that differ between two texts of which only single lines were replaced, as markers do: old and new, with their numbers. */
export function changedLines(
  before: string,
  after: string,
): readonly { readonly line: number; readonly old: string; readonly new: string }[] {
  const olds = before.split('\n')
  const news = after.split('\n')
  // A block scalar may become one line: then the whole tail differs, and the common head and tail are cut off.
  if (olds.length !== news.length) return [unlike(olds, news)]
  return olds.flatMap((old, at) => (old === news[at] ? [] : [{ line: at + 1, old, new: news[at] ?? '' }]))
}

function unlike(olds: readonly string[], news: readonly string[]): { readonly line: number; readonly old: string; readonly new: string } {
  const { head, tail } = shared(olds, news)
  return { line: head + 1, old: olds.slice(head, olds.length - tail).join('\n'), new: news.slice(head, news.length - tail).join('\n') }
}

/** The same as a patch that `git apply` takes: `context` lines around each change. */
export function unifiedDiff(path: string, before: string, after: string, context = 3): string {
  const olds = linesOf(before)
  const news = linesOf(after)
  const edits = editsBetween(olds, news)
  const hunks: Edit[][] = []
  for (const edit of edits) {
    const last = hunks.at(-1)
    const before = last?.at(-1)
    if (last && before && edit.at - (before.at + before.olds) <= 2 * context) last.push(edit)
    else hunks.push([edit])
  }
  let shift = 0
  const lines: string[] = [`--- a/${path}`, `+++ b/${path}`]
  for (const hunk of hunks) {
    const [first, last] = [hunk[0], hunk.at(-1)]
    if (!first || !last) continue
    const from = Math.max(0, first.at - context)
    const to = Math.min(olds.length, last.at + last.olds + context)
    const grown = hunk.reduce((sum, each) => sum + each.news - each.olds, 0)
    lines.push(`@@ -${from + 1},${to - from} +${from + shift + 1},${to - from + grown} @@`)
    let at = from
    for (const edit of hunk) {
      for (; at < edit.at; at++) lines.push(` ${olds[at] ?? ''}`)
      for (; at < edit.at + edit.olds; at++) lines.push(`-${olds[at] ?? ''}`)
      const start = edit.at + shift
      for (let line = start; line < start + edit.news; line++) lines.push(`+${news[line] ?? ''}`)
      shift += edit.news - edit.olds
    }
    for (; at < to; at++) lines.push(` ${olds[at] ?? ''}`)
  }
  return lines.join('\n')
}

interface Edit {
  /** From zero, in the old text. */
  readonly at: number
  readonly olds: number
  readonly news: number
}

/** Line for line where that is possible; otherwise whatever stands between what both begin and end with. */
function editsBetween(olds: readonly string[], news: readonly string[]): readonly Edit[] {
  if (olds.length === news.length) return olds.flatMap((old, at) => (old === news[at] ? [] : [{ at, olds: 1, news: 1 }]))
  const { head, tail } = shared(olds, news)
  return [{ at: head, olds: olds.length - tail - head, news: news.length - tail - head }]
}

function shared(olds: readonly string[], news: readonly string[]): { readonly head: number; readonly tail: number } {
  let head = 0
  while (head < olds.length && olds[head] === news[head]) head++
  let tail = 0
  while (tail < Math.min(olds.length, news.length) - head && olds.at(-1 - tail) === news.at(-1 - tail)) tail++
  return { head, tail }
}

/** A last line without an end says so, as in every patch. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}
