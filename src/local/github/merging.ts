// A three-way merge as Git would make it in the plain cases: by file, then by line. Renames are not followed.
import type { Git } from './git.ts'
import { diffTrees, editTree } from './git.ts'
import type { TreeEntry } from './objects.ts'

export type Merged = { readonly clean: true; readonly tree: string } | { readonly clean: false; readonly paths: readonly string[] }

export function mergeTrees(git: Git, base: string | undefined, ours: string, theirs: string): Merged {
  const mine = new Map([...diffTrees(git, base, ours)].map((change) => [change.path, change]))
  const edits = new Map<string, TreeEntry | null>()
  const conflicts: string[] = []
  for (const { path, before, after } of diffTrees(git, base, theirs)) {
    const own = mine.get(path)
    if (own === undefined) edits.set(path, after ?? null)
    else if (own.after?.oid !== after?.oid || own.after?.mode !== after?.mode) {
      const merged =
        own.after === undefined || after === undefined || before === undefined ? undefined : mergeFiles(git, before, own.after, after)
      if (merged === undefined) conflicts.push(path)
      else edits.set(path, merged)
    }
  }
  return conflicts.length > 0 ? { clean: false, paths: conflicts } : { clean: true, tree: editTree(git, ours, edits) }
}

function mergeFiles(git: Git, base: TreeEntry, ours: TreeEntry, theirs: TreeEntry): TreeEntry | undefined {
  const texts = [base, ours, theirs].map(({ oid }) => git.blob(oid))
  if (texts.some((bytes) => bytes === undefined || bytes.subarray(0, 8000).includes(0))) return undefined
  const [old = [], left = [], right = []] = texts.map(
    (bytes) => (bytes ?? Buffer.alloc(0)).toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [],
  )
  const lines = mergeLines(old, left, right)
  return lines === undefined
    ? undefined
    : { mode: ours.mode === base.mode ? theirs.mode : ours.mode, oid: git.writeBlob(Buffer.from(lines.join(''), 'latin1')) }
}

export interface Hunk {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}
function mergeLines(base: readonly string[], ours: readonly string[], theirs: readonly string[]): readonly string[] | undefined {
  const left = hunks(base, ours)
  const right = hunks(base, theirs)
  const same = (a: Hunk, b: Hunk) => a.from === b.from && a.to === b.to && a.lines.join('') === b.lines.join('')
  const fresh = right.filter((hunk) => !left.some((other) => same(hunk, other)))
  // Changes that touch are a conflict for Git too.
  if (fresh.some((hunk) => left.some((other) => hunk.from <= other.to && other.from <= hunk.to))) return undefined
  const result: string[] = []
  let at = 0
  for (const hunk of [...left, ...fresh].sort((a, b) => a.from - b.from)) {
    result.push(...base.slice(at, hunk.from), ...hunk.lines)
    at = hunk.to
  }
  return [...result, ...base.slice(at)]
}

const LARGEST_TABLE = 4_000_000
export function hunks(before: readonly string[], after: readonly string[]): readonly Hunk[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end])
    end++
  const old = before.slice(start, before.length - end)
  const fresh = after.slice(start, after.length - end)
  if (old.length === 0 && fresh.length === 0) return []
  // Too long to compare line by line: one hunk, which can only make more conflicts, never a wrong merge.
  if (old.length * fresh.length > LARGEST_TABLE) return [{ from: start, to: start + old.length, lines: fresh }]
  return alongLongestCommon(old, fresh, start)
}
function alongLongestCommon(old: readonly string[], fresh: readonly string[], offset: number): readonly Hunk[] {
  const width = fresh.length + 1
  const table = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      table[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const found: Hunk[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      i++
      j++
      continue
    }
    const [from, start] = [i, j]
    while ((i < old.length || j < fresh.length) && !(i < old.length && j < fresh.length && old[i] === fresh[j])) {
      if (j >= fresh.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) i++
      else j++
    }
    found.push({ from: offset + from, to: offset + i, lines: fresh.slice(start, j) })
  }
  return found
}
