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
  let head = 0
  while (head < olds.length && olds[head] === news[head]) head++
  let tail = 0
  while (tail < Math.min(olds.length, news.length) - head && olds.at(-1 - tail) === news.at(-1 - tail)) tail++
  return { line: head + 1, old: olds.slice(head, olds.length - tail).join('\n'), new: news.slice(head, news.length - tail).join('\n') }
}
