import type { Git } from './git.ts'
import type { Commit } from './objects.ts'
import { entryAt } from './git.ts'

export interface Walked {
  readonly oid: string
  readonly commit: Commit
}

/** Newest first, each once; of two equally old the one met first, so that a straight line of one second keeps its order. */
export function* walk(git: Git, ...heads: readonly string[]): Generator<Walked> {
  const seen = new Set<string>()
  const waiting: Walked[] = []
  const meet = (oid: string) => {
    if (seen.has(oid)) return
    seen.add(oid)
    const commit = git.commit(oid)
    if (commit === undefined) return
    let at = waiting.length
    while (at > 0 && (waiting[at - 1]?.commit.committer.at ?? 0) < commit.committer.at) at--
    waiting.splice(at, 0, { oid, commit })
  }
  for (const head of heads) meet(head)
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    yield next
    for (const parent of next.commit.parents) meet(parent)
  }
}

/** Of a line of commits, those that changed what is at `path` against their first parent. */
export function touches(git: Git, { commit }: Walked, path: string): boolean {
  const at = (tree: string | undefined) => (tree === undefined ? undefined : entryAt(git, tree, path)?.oid)
  const parent = commit.parents[0]
  return at(commit.tree) !== at(parent === undefined ? undefined : git.commit(parent)?.tree)
}

export function ancestors(git: Git, head: string): Set<string> {
  const found = new Set<string>()
  const waiting = [head]
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    if (found.has(oid)) continue
    found.add(oid)
    for (const parent of git.commit(oid)?.parents ?? []) waiting.push(parent)
  }
  return found
}

export function isAncestor(git: Git, old: string, head: string): boolean {
  if (old === head) return true
  const seen = new Set<string>()
  const waiting = [head]
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    if (oid === old) return true
    if (seen.has(oid)) continue
    seen.add(oid)
    for (const parent of git.commit(oid)?.parents ?? []) waiting.push(parent)
  }
  return false
}

export interface Relation {
  readonly base: string | undefined
  /** On the head's side only, oldest first. */
  readonly ahead: readonly Walked[]
  readonly behind: number
}
export function relate(git: Git, base: string, head: string): Relation {
  const line = straightLine(git, base, head)
  if (line !== undefined) return { base, ahead: line.reverse(), behind: 0 }
  const back = straightLine(git, head, base)
  if (back !== undefined) return { base: head, ahead: [], behind: back.length }
  const ofBase = ancestors(git, base)
  const ofHead = ancestors(git, head)
  const ahead = [...walk(git, head)].filter(({ oid }) => !ofBase.has(oid)).reverse()
  const behind = [...ofBase].filter((oid) => !ofHead.has(oid)).length
  const common = [...walk(git, head)].find(({ oid }) => ofBase.has(oid))?.oid
  return { base: common, ahead, behind }
}

/** From `head` back to, and without, `base`, newest first, as long as nothing was merged: nearly always, and cheap in a long history. */
function straightLine(git: Git, base: string, head: string): Walked[] | undefined {
  const line: Walked[] = []
  for (let oid = head; oid !== base;) {
    const commit = git.commit(oid)
    const parent = commit?.parents[0]
    if (commit === undefined || parent === undefined || commit.parents.length > 1) return undefined
    line.push({ oid, commit })
    oid = parent
  }
  return line
}
