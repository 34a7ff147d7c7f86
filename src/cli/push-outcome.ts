// What comes of a push to a boxed world: a commit, or why there is none.
import { nothingYet } from '../core/choose.ts'
import { imageKey } from '../core/image.ts'
import { because } from '../core/explain.ts'
import { explainTag } from '../core/select.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import { samePolicy, type Entry, type RecordedChange, type Watch } from '../core/state.ts'
import { weigh } from '../core/weigh.ts'
import { ruleOf } from '../flow/rule.ts'
import type { Shelf, World } from '../ports.ts'
import type { Connection } from './connect.ts'
import { alike, paint, type Terminal } from './terminal.ts'

export type Outcome =
  | { readonly is: 'committed'; readonly entries: readonly Entry[]; readonly milliseconds: number }
  | { readonly is: 'not-chosen'; readonly policies: readonly Stays[] }
  | { readonly is: 'chosen-before'; readonly policies: readonly string[] }
  | { readonly is: 'not-watched' }
  | { readonly is: 'not-yet' }
interface Stays {
  readonly policy: string
  readonly tag: string | undefined
  readonly because: string
}

/** A moment is enough on this machine; what takes longer is said so. */
const patience = 5_000

export async function outcomeOf(
  { name, tag, began }: { readonly name: string; readonly tag: string; readonly began: number },
  { world, scope }: Connection,
): Promise<Outcome> {
  for (;;) {
    const shelf = await world.store.shelf(scope)
    const images = shelf.objects.flatMap((object) => {
      const image = object.kind === 'ImageRepository' ? imageKey((object.spec as ImageRepositorySpec).image) : null
      return image !== null && image.slice(image.indexOf('/') + 1) === name ? [image] : []
    })
    const watched = await Promise.all([...new Set(images)].map((image) => world.store.watches(image)))
    const watches = watched.flat().filter(({ policy }) => policy.scope === scope)
    if (watches.length === 0) return { is: 'not-watched' }
    const entries = await entriesOf(watches, tag, began, world)
    if (entries.length > 0) {
      const last = entries.map(({ outcome }) => (outcome.is === 'committed' ? outcome.committedAt : 0))
      return { is: 'committed', entries, milliseconds: Math.max(...last) - began }
    }
    const standing = watches.map((watch) => standingOf(watch, tag, began, shelf, world))
    if (standing.every(({ is }) => is === 'stays')) return { is: 'not-chosen', policies: standing.flatMap((each) => each.stays) }
    if (standing.every(({ is }) => is === 'stays' || is === 'before'))
      return { is: 'chosen-before', policies: standing.flatMap(({ is, policy }) => (is === 'before' ? [policy] : [])) }
    if (world.clock.now() > began + patience) return { is: 'not-yet' }
    await world.clock.sleep(50)
  }
}

async function entriesOf(watches: readonly Watch[], tag: string, began: number, world: World): Promise<readonly Entry[]> {
  const [first] = watches
  const namespaces = [...new Set(watches.map(({ policy }) => policy.namespace))]
  const pages = await Promise.all(namespaces.map((namespace) => world.store.entries(first?.policy.scope ?? '', namespace, { limit: 20 })))
  const isMine = ({ newValue, policy }: RecordedChange): boolean =>
    watches.some((watch) => samePolicy(watch.policy, policy)) &&
    (newValue === tag || newValue.endsWith(`:${tag}`) || newValue.includes(`:${tag}@`))
  return pages
    .flatMap(({ entries }) => entries)
    .filter(({ at, outcome }) => at >= began && outcome.is === 'committed' && outcome.changes.some(isMine))
}

/** The same judgement as the one that is on its way: what it will not choose need not be waited for. */
function standingOf(
  watch: Watch,
  tag: string,
  began: number,
  { selections }: Shelf,
  world: World,
): { readonly is: 'stays' | 'before' | 'open'; readonly policy: string; readonly stays: readonly Stays[] } {
  const policy = `${watch.policy.namespace}/${watch.policy.name}`
  const selection = selections.find((each) => samePolicy(each.policy, watch.policy)) ?? nothingYet(watch.policy)
  const chosen = selection.latestRef?.tag
  const rule = ruleOf(watch, world.memory)
  const stays = (because: string) => ({ is: 'stays' as const, policy, stays: [{ policy, tag: chosen, because }] })
  if (watch.suspended) return stays('it is suspended')
  if (weigh({ is: 'push', tag, at: began }, watch, selection, rule).so !== 'nothing') return { is: 'open', policy, stays: [] }
  if (chosen !== tag) {
    const explained = explainTag(tag, rule)
    return stays(explained.is === 'candidate' ? 'which comes first' : because(explained, watch.rule.policy))
  }
  // Chosen by this push: its commit is on its way.
  const before = selection.delivered === selection.revision && (selection.cause?.selectedAt ?? 0) < began
  return { is: before ? 'before' : 'open', policy, stays: [] }
}

export function tell(outcome: Outcome, terminal: Terminal): string {
  switch (outcome.is) {
    case 'committed':
      return outcome.entries
        .flatMap((entry) =>
          entry.outcome.is !== 'committed'
            ? []
            : [
                `committed ${paint(terminal, 'yellow', entry.outcome.commit.slice(0, 7))} to ${entry.target.owner}/${entry.target.repository}@${entry.target.branch}`,
                ...alike(entry.outcome.changes, ({ path, oldValue, newValue }) => JSON.stringify([path, oldValue, newValue])).flatMap(
                  ({ change: { path, oldValue, newValue }, times }) => [
                    `  ${path}${times}`,
                    paint(terminal, 'red', `    - ${oldValue}`),
                    paint(terminal, 'green', `    + ${newValue}`),
                  ],
                ),
              ],
        )
        .join('\n')
    case 'not-chosen':
      return `nothing to commit: ${outcome.policies.map(({ policy, tag, because }) => `policy ${policy} stays with ${tag ?? 'no tag'} (${because})`).join('; ')}`
    case 'chosen-before':
      return `nothing to commit: ${outcome.policies.join(', ')} had chosen it before`
    case 'not-watched':
      return 'nothing to commit: no ImageRepository watches this image (tagboat get repositories)'
    case 'not-yet':
      return `nothing was committed within ${patience / 1000} s; "tagboat get images all" says why, "tagboat history" what comes of it`
  }
}
