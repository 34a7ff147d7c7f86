// What is known of a tag or a policy, from a world or from a checkout, and how it is told.
import { resolve } from 'node:path'
import { checkoutRegistry } from './checkout-registry.ts'
import { derive } from '../core/derive.ts'
import { because, rank, verdictOn, type Ranking, type Verdict } from '../core/explain.ts'
import { Failure } from '../core/failure.ts'
import { imageKey } from '../core/image.ts'
import { compileRule, standingOf, type Standing } from '../core/select.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import { samePolicy, type Entry, type Selection, type StoredObject, type Watch } from '../core/state.ts'
import { objectsOf } from '../core/objects.ts'
import { sourceOfRepository } from '../flow/source.ts'
import type { ImageSource, Registry, World } from '../ports.ts'
import { suggestion, type Given } from './command.ts'
import { connect, defaultScope } from './connect.ts'
import type { Subject } from './explain.ts'
import { discover } from './manifests.ts'
import { namespaceOf } from './objects.ts'
import { isFormat, print } from './print.ts'
import { paint, patiently, type Terminal } from './terminal.ts'

/** A policy that looks at an image, and what is remembered of it. */
interface Looking {
  readonly watch: Watch
  readonly source: ImageSource
  readonly selection?: Selection | undefined
}
interface Known {
  readonly all: readonly Looking[]
  readonly objects: readonly StoredObject[]
  readonly registry: Registry
  /** Absent where nothing is remembered. */
  readonly store?: World['store']
  readonly close: () => void
}

async function known(given: Given, terminal: Terminal): Promise<Known> {
  const path = given.text('path')
  if (path !== undefined) {
    const { manifests, problems } = await discover(resolve(terminal.folder, path), { namespace: 'flux-system' })
    for (const { from, message } of problems) terminal.error(`${from}: ${message}`)
    const objects = objectsOf(manifests, defaultScope)
    return { objects, all: lookingAt(objects), registry: checkoutRegistry(given, terminal), close: () => undefined }
  }
  const { world, scope, close } = await connect(given, terminal)
  const { objects, selections } = await patiently(terminal, 'reading the table', world.store.shelf(scope))
  const all = lookingAt(objects).map((each) => ({
    ...each,
    selection: selections.find(({ policy }) => samePolicy(policy, each.watch.policy)),
  }))
  return { objects, all, registry: world.registry, store: world.store, close }
}

function lookingAt(objects: readonly StoredObject[]): readonly Looking[] {
  return derive(objects).flatMap((derived): readonly Looking[] => {
    if (!('watch' in derived)) return []
    const repository = objects.find(
      ({ kind, ...object }) => kind === 'ImageRepository' && samePolicy(object, derived.watch.imageRepository),
    )
    return repository ? [{ watch: derived.watch, source: sourceOfRepository(repository) }] : []
  })
}

export async function explainImage({ image, tag }: Extract<Subject, { is: 'image' }>, given: Given, terminal: Terminal): Promise<0 | 1> {
  const format = isFormat(given.text('output'))
  const { all, objects, registry, store, close } = await known(given, terminal)
  try {
    const mine = all.filter(({ watch }) => isSame(image, watch.image))
    const [first] = mine
    if (!first) throw new Failure('not-watched', notWatched(image, objects))
    const there = await registryOn(first.source, tag, registry)
    const policies: Judged[] = []
    for (const looking of mine) {
      const one = await judged(looking, tag, { registry, store }, terminal)
      const gone = one.verdict.is === 'would-win' && there.why === 'no-such-tag'
      policies.push(gone ? { ...one, because: 'it would come before that, but the registry does not have it' } : one)
    }
    const told = { image: first.watch.name, tag, registry: there, policies }
    await print(format, told, terminal, () => tellImage(told, terminal))
    return 0
  } finally {
    close()
  }
}

/** As it is written, in any spelling; or only its last part, as people say it. */
const isSame = (said: string, image: string): boolean => imageKey(said) === image || image.slice(image.indexOf('/') + 1) === said

function notWatched(image: string, objects: readonly StoredObject[]): string {
  const images = objects.flatMap(({ kind, spec }) => (kind === 'ImageRepository' ? [(spec as ImageRepositorySpec).image] : []))
  const near = suggestion(image, [...images, ...images.map((each) => each.slice(each.indexOf('/') + 1))])
  return `no policy looks at ${image}${near}: it needs an ImageRepository and an ImagePolicy (tagboat get images all -A)`
}

interface Judged {
  readonly policy: string
  readonly verdict: Verdict
  readonly because: string
  readonly suspended: boolean
  readonly chosen: string | null
  /** What was written because of this tag, newest first. */
  readonly commits: readonly {
    readonly commit: string
    readonly at: string
    readonly repository: string
    readonly branch: string
    readonly paths: readonly string[]
  }[]
}

async function judged(
  { watch, source, selection }: Looking,
  tag: string,
  { registry, store }: { readonly registry: Registry; readonly store: World['store'] | undefined },
  terminal: Terminal,
): Promise<Judged> {
  const rule = compileRule(watch.rule)
  const standing: Standing =
    store === undefined
      ? standingOf(await patiently(terminal, `listing ${source.image}`, listing(source, registry)), rule)
      : (selection ?? { best: null, poisonedBy: null })
  const verdict = verdictOn(tag, standing, rule)
  return {
    policy: `${watch.policy.namespace}/${watch.policy.name}`,
    verdict,
    because: because(verdict, watch.rule.policy),
    suspended: watch.suspended,
    chosen: store === undefined ? standing.best : (selection?.latestRef?.tag ?? null),
    commits: store === undefined ? [] : await commitsOf(watch, tag, store),
  }
}

/** How far back history is read for one tag. */
const pages = 20

async function commitsOf({ policy }: Watch, tag: string, store: World['store']): Promise<Judged['commits']> {
  const found: Entry[] = []
  let before: string | undefined
  for (let page = 0; page < pages; page++) {
    const { entries, before: next } = await store.entries(policy.scope, policy.namespace, {
      limit: 100,
      ...(before !== undefined && { before }),
    })
    found.push(...entries.filter((entry) => changesTo(entry, policy, tag).length > 0))
    if (next === undefined) break
    before = next
  }
  return found.map((entry) => ({
    commit: entry.outcome.is === 'committed' ? entry.outcome.commit : '',
    at: new Date(entry.outcome.is === 'committed' ? entry.outcome.committedAt : entry.at).toISOString(),
    repository: `${entry.target.owner}/${entry.target.repository}`,
    branch: entry.target.branch,
    paths: [...new Set(changesTo(entry, policy, tag).map(({ path }) => path))],
  }))
}

const changesTo = ({ outcome }: Entry, policy: Watch['policy'], tag: string) =>
  outcome.is === 'committed'
    ? outcome.changes.filter(
        (change) =>
          samePolicy(change.policy, policy) &&
          (change.newValue === tag || change.newValue.endsWith(`:${tag}`) || change.newValue.includes(`:${tag}@`)),
      )
    : []

type There = { readonly found: boolean; readonly digest?: string; readonly pushedAt?: string; readonly why?: string }

async function registryOn(source: ImageSource, tag: string, registry: Registry): Promise<There> {
  try {
    const there = await registry.confirm(source, tag)
    if (!there.found) return { found: false, why: there.why }
    return {
      found: true,
      ...(there.digest !== '' && { digest: there.digest }),
      ...(there.pushedAt !== undefined && { pushedAt: new Date(there.pushedAt).toISOString() }),
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { found: false, why: error.message }
  }
}

const missing: Readonly<Record<string, string>> = {
  'no-such-tag': 'the registry does not have this tag',
  'no-such-image': 'the registry does not have this image',
  archived: 'the image is archived',
}

function tellImage(
  {
    image,
    tag,
    registry,
    policies,
  }: { readonly image: string; readonly tag: string; readonly registry: There; readonly policies: readonly Judged[] },
  terminal: Terminal,
): string {
  const at = registry.found
    ? [registry.digest ?? 'in the registry', ...(registry.pushedAt === undefined ? [] : [`pushed ${registry.pushedAt}`])].join(', ')
    : (missing[registry.why ?? ''] ?? registry.why ?? '')
  return [
    `${paint(terminal, 'bold', `${image}:${tag}`)} (${at})`,
    ...policies.flatMap(({ policy, verdict, because: why, chosen, commits, suspended }) => [
      `policy ${policy}: ${verdict.is === 'chosen' ? paint(terminal, 'green', 'chosen') : `not chosen, stays with ${chosen ?? 'no tag'}`}: ${why}${suspended ? ' (it is suspended)' : ''}`,
      ...commits.map(
        ({ commit, at: when, repository, branch, paths }) =>
          `  ${when}  ${paint(terminal, 'yellow', commit.slice(0, 7))}  ${repository}@${branch}  ${paths.join(', ')}`,
      ),
    ]),
  ].join('\n')
}

export async function explainPolicy({ name, limit }: Extract<Subject, { is: 'policy' }>, given: Given, terminal: Terminal): Promise<0 | 1> {
  const format = isFormat(given.text('output'))
  const namespace = namespaceOf(given)
  const { all, objects, registry, close } = await known(given, terminal)
  try {
    const looking = all.find(({ watch: { policy } }) => policy.namespace === namespace && policy.name === name)
    if (!looking) throw new Failure('not-found', noPolicy(name, namespace, objects))
    const { watch, source, selection } = looking
    const tags = await patiently(terminal, `listing ${source.image}`, listing(source, registry))
    const ranking = rank(tags, compileRule(watch.rule), limit)
    const chosen = selection?.latestRef?.tag ?? (ranking.failure ? null : (ranking.candidates[0]?.tag ?? null))
    const told = {
      policy: `${namespace}/${name}`,
      image: watch.name,
      rule: watch.rule,
      tags: tags.length,
      chosen,
      suspended: watch.suspended,
      ...ranking,
    }
    await print(format, told, terminal, () => tellPolicy(told, terminal))
    return 0
  } finally {
    close()
  }
}

function noPolicy(name: string, namespace: string, objects: readonly StoredObject[]): string {
  const here = objects.filter((object) => object.kind === 'ImagePolicy' && object.namespace === namespace)
  const policy = here.find((object) => object.name === name)
  const trouble = policy && derive(objects).find((derived) => derived.of === policy)
  if (trouble && 'trouble' in trouble) return `policy "${name}" cannot choose: ${trouble.trouble.message}`
  return `there is no policy "${name}" in namespace "${namespace}"${suggestion(
    name,
    here.map((object) => object.name),
  )}`
}

async function listing(source: ImageSource, registry: Registry): Promise<readonly string[]> {
  const tags: string[] = []
  for await (const page of registry.list(source)) for (const tag of page) tags.push(tag)
  return tags
}

const outside = {
  excluded: (count: number, by: string) => `${count} excluded by ${by}`,
  'not-matched': (count: number) => `${count} not matched by filterTags`,
  'not-a-version': (count: number) => (count === 1 ? '1 is no version' : `${count} are no versions`),
  'out-of-range': (count: number) => `${count} outside the range`,
  'not-a-number': (count: number) => (count === 1 ? '1 is no number' : `${count} are no numbers`),
} as const satisfies Record<Ranking['outsiders'][number]['is'], (count: number, by: string) => string>

function tellPolicy(
  {
    policy,
    image,
    rule,
    tags,
    chosen,
    suspended,
    candidates,
    more,
    outsiders,
    failure,
  }: Ranking & {
    readonly policy: string
    readonly image: string
    readonly rule: Watch['rule']
    readonly tags: number
    readonly chosen: string | null
    readonly suspended: boolean
  },
  terminal: Terminal,
): string {
  return [
    `${paint(terminal, 'bold', policy)}: ${ruleText(rule)}, of ${tags} tag${tags === 1 ? '' : 's'} of ${image}${suspended ? ' (suspended)' : ''}`,
    ...(failure ? [paint(terminal, 'red', `  nothing can be chosen: ${failure.message}`)] : []),
    ...candidates.map(({ tag, key }, at) => {
      const is = tag === chosen ? paint(terminal, 'green', '  chosen') : ''
      return `  ${`${at + 1}.`.padEnd(4)}${tag}${key === tag ? '' : ` (${key})`}${is}`
    }),
    ...(more > 0 ? [`  ${more} more behind them`] : []),
    ...(chosen !== null && !failure && candidates[0] && candidates[0].tag !== chosen
      ? [`  it stays with ${chosen} until the next look (tagboat reconcile image policy ${policy.split('/')[1]})`]
      : []),
    ...(outsiders.length > 0 ? ['not candidates:'] : []),
    ...outsiders.map(
      ({ is, by = '', count, tags: some }) => `  ${outside[is](count, by)}: ${some.join(', ')}${count > some.length ? ', …' : ''}`,
    ),
  ].join('\n')
}

function ruleText({ policy: { semver, alphabetical, numerical }, filterTags }: Watch['rule']): string {
  const filter = filterTags?.pattern ? `, filterTags ${filterTags.pattern}${filterTags.extract ? ` → ${filterTags.extract}` : ''}` : ''
  if (semver) return `semver ${semver.range ?? ''}${filter}`
  return `${alphabetical ? 'alphabetical' : 'numerical'} ${(alphabetical ?? numerical)?.order ?? 'asc'}${filter}`
}
