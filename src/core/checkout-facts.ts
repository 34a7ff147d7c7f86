// The facts of an automation from a checkout on disk: what promote gathers from Git, without Git.
import { screenTree, type Checkout } from './markers.ts'
import { folderOf, fromRoot } from './paths.ts'
import type { AutomationFacts, FileFacts } from './plan.ts'

/** Files that may hold a marker are all of them read: a checkout is at hand. */
export function factsIn(checkout: Checkout, { id, spec, policies }: Pick<AutomationFacts, 'id' | 'spec' | 'policies'>): AutomationFacts {
  const screening = screenTree(checkout, spec.update?.path)
  if (!screening.ok) return { id, spec, policies, at: 'nothing', files: [] }
  const root = fromRoot(spec.update?.path)
  const base = screening.at === 'file' ? folderOf(root) : root
  const files = Array.from(screening.files, ({ file, path, bytes }): FileFacts => {
    const byName = base === '' ? file : `${base}/${file}`
    return { path, mode: 'file', bytes, ...(path !== byName && { as: file }) }
  })
  return { id, spec, policies, at: screening.at, files }
}
