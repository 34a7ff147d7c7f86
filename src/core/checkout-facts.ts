// The facts of an automation from a checkout on disk: what promote gathers from Git, without Git.
import { screenTree, type Checkout } from './markers.ts'
import { folderOf, fromRoot } from './paths.ts'
import type { AutomationFacts, FileFacts } from './plan.ts'

/** Files that may hold a marker are all of them read: a checkout is at hand. */
export function factsIn(checkout: Checkout, automation: Pick<AutomationFacts, 'id' | 'spec' | 'policies'>): AutomationFacts {
  const { spec } = automation
  // Who commits, and how, is the business of whoever has the checkout.
  const given: Omit<AutomationFacts, 'at' | 'files'> = { ...automation, delivery: { commitAs: 'app' }, observed: false }
  const screening = screenTree(checkout, spec.update?.path)
  if (!screening.ok) return { ...given, at: 'nothing', files: [] }
  const root = fromRoot(spec.update?.path)
  const base = screening.at === 'file' ? folderOf(root) : root
  const files = Array.from(screening.files, ({ file, path, bytes }): FileFacts => {
    const byName = base === '' ? file : `${base}/${file}`
    return { path, mode: 'file', bytes, ...(path !== byName && { as: file }) }
  })
  return { ...given, at: screening.at, files }
}
