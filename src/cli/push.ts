import { nothingYet } from '../core/choose.ts'
import { imageKey } from '../core/image.ts'
import { explainTag, type Explained } from '../core/select.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import { samePolicy, type Entry, type RecordedChange, type Watch } from '../core/state.ts'
import { weigh } from '../core/weigh.ts'
import { ruleOf } from '../flow/rule.ts'
import type { Shelf, World } from '../ports.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection, type Connection } from './connect.ts'
import { pushImage } from './image.ts'
import { isFormat, print } from './print.ts'
import { alike, paint, patiently, type Terminal } from './terminal.ts'

export const pushCommand: Command = {
  name: 'push',
  about: 'build a tiny image, push it to the boxed registry and show what came of it',
  arguments: 'NAME:TAG…',
  flags: {
    content: { type: 'string', value: 'TEXT', about: 'what makes this image another one under the same tag' },
    'no-wait': { type: 'boolean', about: 'return when the push is accepted' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat push app:1.2.4', 'tagboat push app-dev:dev-4e1d2c3-100042', 'tagboat push app:1.2.5 --content "another build"'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    if (given.words.length === 0) throw new Usage('expected an image such as app:1.2.4, got none')
    const images = given.words.map(nameAndTag)
    const connected = await patiently(terminal, 'looking for the running world', connect(given, terminal))
    const pushed: unknown[] = []
    for (const { name, tag } of images) {
      const content = given.text('content')
      const began = connected.world.clock.now()
      const digest = await pushImage({
        registry: connected.url,
        fetch: connected.fetch,
        name,
        tag,
        ...(content !== undefined && { content }),
      })
      if (format === 'text') terminal.out(`pushed ${name}:${tag} ${paint(terminal, 'dim', digest)}`)
      const outcome = given.is('no-wait')
        ? undefined
        : await patiently(terminal, 'waiting for the commit', outcomeOf({ name, tag, began }, connected))
      pushed.push({ name, tag, digest, ...(outcome && { outcome }) })
      if (format === 'text' && outcome) terminal.out(tell(outcome, terminal))
    }
    if (format !== 'text') print(format, pushed, terminal, () => '')
    return 0
  },
}

/** As people paste it: with the address of the boxed registry, or with ECR's. */
const address = /^(?:127\.0\.0\.1|localhost)(?::\d+)?\/|^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//

function nameAndTag(word: string): Image {
  const [, name, tag] =
    /^([a-z0-9]+(?:(?:[._-]|__|\/)[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(word.replace(address, '')) ?? []
  if (name === undefined || tag === undefined) throw new Usage(`expected NAME:TAG such as app:1.2.4, got "${word}"`)
  return { name, tag }
}

interface Image {
  readonly name: string
  readonly tag: string
}
type Outcome =
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

async function outcomeOf({ name, tag, began }: Image & { readonly began: number }, { world, scope }: Connection): Promise<Outcome> {
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
  if (chosen !== tag) return stays(reason(explainTag(tag, rule)))
  // Chosen by this push: its commit is on its way.
  const before = selection.delivered === selection.revision && (selection.cause?.selectedAt ?? 0) < began
  return { is: before ? 'before' : 'open', policy, stays: [] }
}

function reason(explained: Explained): string {
  switch (explained.is) {
    case 'rule-at-fault':
      return explained.error
    case 'excluded':
      return `the tag is excluded by ${explained.by}`
    case 'not-matched':
      return 'the tag does not match filterTags'
    case 'not-a-version':
      return `"${explained.key}" is not a version`
    case 'out-of-range':
      return `${explained.key} is outside the range`
    case 'not-a-number':
      return `"${explained.key}" is not a number`
    case 'candidate':
      return 'which comes first'
  }
}

function tell(outcome: Outcome, terminal: Terminal): string {
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
