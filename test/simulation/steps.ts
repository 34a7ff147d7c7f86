// What befell a world, step by step, as data: what people did and what went wrong, each at its time. A run is written down as steps, and
// replay.ts plays steps without the dice that once threw them.
import type { Files } from '../../src/local/github.ts'
import type { Branches } from './branches.ts'
import type { GitRepoName } from './estate.ts'
import type { Ledger } from './ledger.ts'
import type { Rule } from './oracle.ts'
import type { Shop } from './shop.ts'

/** `at`: milliseconds since the world began. */
export type Step = { readonly at: number } & Deed

export type Deed =
  /** `image:tag` */
  | { readonly push: string; readonly content?: string }
  | { readonly remove: string }
  /** A push event for a tag that was never there. */
  | { readonly forge: string }
  /** A person's commit. */
  | { readonly commit: GitRepoName; readonly edits: readonly Edit[] }
  /** A person's forced push: so many commits back. */
  | { readonly rewind: GitRepoName; readonly by: number }
  /** `scope/automation`, applied at once. */
  | { readonly suspend: string; readonly to: boolean }
  /** `scope/policy`, applied at once. */
  | { readonly rule: string; readonly to: Rule }
  /** `scope/automation`: deleted, or there again; applied at once. */
  | { readonly drop: string; readonly to: boolean }
  /** `scope/policy` */
  | { readonly forget: string; readonly to: boolean }
  /** `image:tag` */
  | { readonly archive: string; readonly to: boolean }
  /** A branch that only we make. */
  | { readonly unbranch: GitRepoName }
  /**
   * The first call of that kind from now on meets it: `promote github commit`, `ecr ListImages`, `event app-01:1.2.3`, `message promote`.
   * `after`: so many of them in one and the same millisecond.
   */
  | { readonly fault: string; readonly of: string; readonly for?: number; readonly after?: number }
  | { readonly storm: Outage; readonly for: number }
  /** Readers of GitHub see what was so long ago; 0: no longer. */
  | { readonly lag: number }
  /** Nothing goes wrong from now on; or again. */
  | { readonly calm: boolean }
export type Outage = 'gitOutage' | 'gitLimit'

export type Edit =
  | { readonly add: string; readonly text: string }
  | { readonly drop: string }
  | { readonly rename: string; readonly to: string }
  /** Of a file, so many lines from that one on, and what stands there instead. */
  | { readonly file: string; readonly line: number; readonly gone: number; readonly lines: readonly string[] }

/** How many of a kind have come in this very millisecond, without this one. */
export function sameMoment(now: () => number): (kind: string) => number {
  const counts = new Map<string, number>()
  let at = now()
  return (kind) => {
    if (at !== now()) counts.clear()
    at = now()
    const before = counts.get(kind) ?? 0
    counts.set(kind, before + 1)
    return before
  }
}

/** The same hands, and what they do is written down. */
export function noted(hands: { readonly shop: Shop; readonly branches: Branches }, ledger: Ledger): typeof hands {
  const { shop, branches } = hands
  return {
    shop: {
      ...shop,
      push: (image, tag, content) => {
        ledger.did({ push: `${image}:${tag}`, ...(content !== undefined && content !== tag && { content }) })
        return shop.push(image, tag, content)
      },
      archive: (image, tag, to) => {
        ledger.did({ archive: `${image}:${tag}`, to })
        shop.archive(image, tag, to)
      },
      remove: (image, tag) => {
        ledger.did({ remove: `${image}:${tag}` })
        shop.remove(image, tag)
      },
    },
    branches: {
      ...branches,
      scene: (name) => {
        const scene = branches.scene(name)
        return {
          ...scene,
          commit: (wish) => {
            ledger.did({ commit: name, edits: editsOf(wish.files, scene.read) })
            return scene.commit(wish)
          },
          removeBranch: (branch) => {
            ledger.did({ unbranch: name })
            scene.removeBranch(branch)
          },
          forcePush: (branch, oid, by) => {
            const history = branches.history(name)
            ledger.did({ rewind: name, by: history.length - 1 - history.indexOf(oid) })
            scene.forcePush(branch, oid, by)
          },
        }
      },
    },
  }
}

type Read = (path: string) => string | undefined

/** What a commit does to the files that are there, so that it can be done to others. */
function editsOf(files: Files, read: Read): readonly Edit[] {
  const texts = Object.entries(files).map(([path, text]) => ({ path, text: typeof text === 'string' ? text : null, was: read(path) }))
  const gone = texts.filter(({ text }) => text === null)
  const renamed = new Set<string>()
  return texts
    .flatMap(({ path, text, was }): readonly Edit[] => {
      if (text === null) return []
      if (was !== undefined) return [{ file: path, ...difference(was.split('\n'), text.split('\n')) }]
      const from = gone.find((each) => each.was === text)
      if (!from) return [{ add: path, text }]
      renamed.add(from.path)
      return [{ rename: from.path, to: path }]
    })
    .concat(gone.filter(({ path }) => !renamed.has(path)).map(({ path }) => ({ drop: path })))
}

function difference(
  was: readonly string[],
  is: readonly string[],
): { readonly line: number; readonly gone: number; readonly lines: readonly string[] } {
  let line = 0
  while (line < was.length && line < is.length && was[line] === is[line]) line++
  let same = 0
  while (same < was.length - line && same < is.length - line && was.at(-1 - same) === is.at(-1 - same)) same++
  return { line, gone: was.length - line - same, lines: is.slice(line, is.length - same) }
}

/** The files of a commit that does these edits to what is there; undefined: there is nothing that they could be done to. */
export function filesOf(edits: readonly Edit[], read: Read): Readonly<Record<string, string | null>> | undefined {
  const files: Record<string, string | null> = {}
  for (const edit of edits) {
    if ('add' in edit) files[edit.add] = edit.text
    else if ('drop' in edit) {
      if (read(edit.drop) !== undefined) files[edit.drop] = null
    } else if ('rename' in edit) {
      const text = read(edit.rename)
      if (text !== undefined) Object.assign(files, { [edit.rename]: null, [edit.to]: text })
    } else {
      const lines = read(edit.file)?.split('\n')
      if (lines) files[edit.file] = lines.toSpliced(edit.line, edit.gone, ...edit.lines).join('\n')
    }
  }
  return Object.keys(files).length > 0 ? files : undefined
}
