// Look at everything a registry has for one image, and judge anew what is in doubt. The only place that lists.
import { choose, isUnchanged, nothingYet } from '../core/choose.ts'
import { Failure } from '../core/failure.ts'
import { rfc3339 } from '../core/time.ts'
import { defaultExclusionList, latestTags, scannedTags, scanRevision, standingOf } from '../core/select.ts'
import { ecrImage, imageKey } from '../core/image.ts'
import { policyKey, samePolicy, type Condition, type Selection, type StoredObject, type Watch } from '../core/state.ts'
import { milliseconds } from '../core/spec/duration.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import type { Confirmed, ImageSource, Outbox, ScanRequest, World } from '../ports.ts'
import { evaluate } from './evaluate.ts'
import { byNamespace } from './by-namespace.ts'
import { deliver } from './mark.ts'
import { ruleOf } from './rule.ts'
import { sourceOfRepository } from './source.ts'

export type Scanning = Pick<World, 'store' | 'registry' | 'memory' | 'log' | 'clock'> & { readonly outbox: Pick<Outbox, 'wake' | 'scan'> }

/** More than a repository may hold anywhere: a listing without end is a broken registry. */
const mostTags = 1_000_000
const attempts = 10

export async function scan(request: ScanRequest, world: Scanning): Promise<void> {
  const repository = await world.store.object({ ...request.imageRepository, kind: 'ImageRepository' })
  if (!repository || (repository.spec as ImageRepositorySpec).suspend)
    return world.log('scan-skipped', { imageRepository: policyKey(request.imageRepository), why: repository ? 'suspended' : 'gone' })
  if (request.confirm) return confirm(request.confirm, repository, world)
  try {
    await scanRepository(request, repository, world)
  } catch (error) {
    await report(repository, { status: 'False', ...failureOf(error) }, {}, world, { again: soon })
    // A registry that is down is no crash: the sweep asks again, and only crashes burn receives.
    if (!(error instanceof Failure) || !error.code.startsWith('registry-')) throw error
    world.log('scan-failed', { imageRepository: policyKey(request.imageRepository), code: error.code, message: error.message })
  }
}

/** Until a registry that did not answer is asked again. */
const soon = 60_000

/** A pushed tag that only we can confirm: evaluate's own judgement, for the policies of this ImageRepository. */
async function confirm({ tag, signal, at }: NonNullable<ScanRequest['confirm']>, repository: StoredObject, world: Scanning): Promise<void> {
  const source = sourceOfRepository(repository)
  await evaluate({ is: 'push', id: signal, image: source.image, tag, at }, world, {
    reach: () => source,
    only: (watch) => samePolicy(watch.imageRepository, repository),
  })
}

async function scanRepository(request: ScanRequest, repository: StoredObject, world: Scanning): Promise<void> {
  const source = sourceOfRepository(repository)
  let tags: readonly string[] = []
  let [merged, selected] = [0, 0]
  let left = await watchesOf(repository, world)
  for (let attempt = 0; ; attempt++) {
    if (attempt === attempts)
      throw new Failure('selection-contended', `selections of ${source.image} changed ${attempts} times while it was scanned`, {
        retry: true,
      })
    // The versions are read before the registry, so that a write can only hold if nothing was noted since.
    const before = await Promise.all(
      left.map(async (watch) => ({ watch, selection: (await world.store.selection(watch.policy)) ?? nothingYet(watch.policy) })),
    )
    tags = await listing(source, repository, world)
    merged += before.reduce((sum, { selection }) => sum + selection.recent.length, 0)
    const judged = await Promise.all(before.map((each) => judge(request, source, tags, each, world)))
    selected += judged.filter((each) => each.is === 'written' && each.changed).length
    const owed = judged.flatMap((each) => (each.is === 'written' && each.delivered < each.revision ? [each] : []))
    for (const group of byNamespace(owed)) {
      const { scope, namespace } = group[0].policy
      await deliver(group, await world.store.live(scope, namespace), world)
    }
    if (judged.every((each) => each.is !== 'moved')) break
    const now = await watchesOf(repository, world)
    left = now.filter((watch) => judged.some((each) => each.is === 'moved' && samePolicy(each.policy, watch.policy)))
  }
  const spec = repository.spec as ImageRepositorySpec
  const kept = summary(tags, spec.exclusionList)
  const status = {
    lastScanResult: { ...kept, scanTime: rfc3339(world.clock.now()) },
    canonicalImageName: imageKey(spec.image),
    observedExclusionList: spec.exclusionList?.length ? spec.exclusionList : defaultExclusionList,
  }
  await report(
    repository,
    { status: 'True', reason: 'Succeeded', message: `successful scan: found ${kept.tagCount} tags with checksum ${kept.revision}` },
    status,
    world,
  )
  // Events of ECR tell of every push: what a timer finds first, an event has lost.
  const late = request.why === 'interval' && ecrImage(spec.image) ? selected : 0
  world.log('scan', { imageRepository: policyKey(request.imageRepository), why: request.why, tags: tags.length, merged, selected, late })
}

/** What Flux keeps of a listing, as its status tells it. */
function summary(
  tags: readonly string[],
  exclusionList: readonly string[] | undefined,
): { tagCount: number; revision: string; latestTags?: readonly string[] } {
  const stored = scannedTags(tags, exclusionList)
  if (!stored.ok) throw new Failure('exclusion-list', stored.error)
  const latest = latestTags(stored.tags)
  return { tagCount: stored.tags.length, revision: scanRevision(stored.tags), ...(latest.length > 0 && { latestTags: latest }) }
}

type Judged =
  | {
      readonly is: 'written'
      readonly policy: Watch['policy']
      readonly revision: number
      readonly delivered: number
      readonly changed: boolean
    }
  | { readonly is: 'moved'; readonly policy: Watch['policy'] }
  | { readonly is: 'superseded'; readonly policy: Watch['policy'] }

async function judge(
  request: ScanRequest,
  source: ImageSource,
  listed: readonly string[],
  { watch, selection }: { readonly watch: Watch; readonly selection: Selection },
  world: Scanning,
): Promise<Judged> {
  const { policy } = watch
  if (selection.generation > watch.generation) return { is: 'moved', policy }
  const rule = ruleOf(watch, world.memory)
  const tags = new Set(listed)
  await merge(tags, selection, source, world)
  for (;;) {
    const { selected, ...standing } = standingOf([...tags], rule)
    let there: Confirmed | undefined
    if (selected.found && (selected.tag !== selection.best || watch.digest !== 'Never' || selection.latestRef?.name !== watch.name)) {
      there = await world.registry.confirm(source, selected.tag)
      // Listed, and gone by the time we ask: as if it had never been there.
      if (!there.found && tags.delete(selected.tag)) continue
    }
    const cause = {
      signal: `scan ${request.why}`,
      why: request.why,
      seenAt: world.clock.now(),
      selectedAt: world.clock.now(),
      ...(there?.found && there.pushedAt !== undefined && { pushedAt: there.pushedAt }),
    }
    const failure = selected.found ? undefined : { reason: selected.reason, message: selected.error }
    const chosen = choose(selection, watch, { standing, digest: there?.found ? there.digest : undefined, failure }, cause)
    // Whoever writes meanwhile has asked for a look of its own: that nothing is new is true of what was read.
    return isUnchanged(selection, chosen) || (await world.store.putSelection(chosen, selection.version))
      ? { is: 'written', policy, revision: chosen.revision, delivered: chosen.delivered, changed: chosen.revision > selection.revision }
      : { is: 'moved', policy }
  }
}

/** A listing may lag behind what was pushed and deleted while it was made: each is asked for by itself. */
async function merge(tags: Set<string>, selection: Selection, source: ImageSource, world: Scanning): Promise<void> {
  // What is chosen now was confirmed once: that it is missing from a listing is no proof that it is gone.
  if (selection.best !== null && !tags.has(selection.best) && (await world.registry.confirm(source, selection.best)).found)
    tags.add(selection.best)
  for (const tag of new Set(selection.recent.map((noted) => noted.tag))) {
    const pushed = selection.recent.some((noted) => noted.tag === tag && noted.is === 'push')
    const deleted = selection.recent.some((noted) => noted.tag === tag && noted.is === 'delete')
    if (tags.has(tag) ? !deleted : !pushed) continue
    const { found } = await world.registry.confirm(source, tag)
    if (found) tags.add(tag)
    else tags.delete(tag)
  }
}

async function listing(source: ImageSource, repository: StoredObject, world: Scanning): Promise<readonly string[]> {
  const { timeout } = repository.spec as ImageRepositorySpec
  // As in Flux, a second at least. Without a timeout a long list takes its time: each of its pages has a limit of its own.
  const deadline = timeout === undefined ? Infinity : world.clock.now() + Math.max(1000, milliseconds(timeout))
  const tags: string[] = []
  for await (const page of world.registry.list(source)) {
    for (const tag of page) tags.push(tag)
    if (world.clock.now() > deadline)
      throw new Failure('registry-timeout', `${source.image}: the list of tags was not complete after spec.timeout ${timeout}`, {
        retry: true,
      })
    if (tags.length > mostTags) throw new Failure('registry-malformed', `${source.image}: the registry lists more than ${mostTags} tags`)
  }
  return tags
}

/** The watches of the policies that look through this very ImageRepository. */
async function watchesOf(repository: StoredObject, world: Scanning): Promise<readonly Watch[]> {
  const key = imageKey((repository.spec as ImageRepositorySpec).image)
  const watches = key === null ? [] : await world.store.watches(key)
  return watches.filter((watch) => !watch.suspended && samePolicy(watch.imageRepository, repository))
}

const failureOf = (error: unknown): { readonly reason: string; readonly message: string } => ({
  reason: error instanceof Failure && error.code === 'registry-denied' ? 'AuthenticationFailed' : 'ReadOperationFailed',
  message: `scan failed: ${error instanceof Error ? error.message : String(error)}`,
})

/** Best effort: a status that loses a race against a user's change is written by the next scan. */
async function report(
  repository: StoredObject,
  ready: Pick<Condition, 'status' | 'reason' | 'message'>,
  status: Readonly<Record<string, unknown>>,
  world: Scanning,
  { again }: { readonly again?: number } = {},
): Promise<void> {
  // Read again: its interval may have been served while the registry was listed.
  const current = await world.store.object(repository)
  if (!current) return
  const now = world.clock.now()
  const was = current.conditions.find(({ type }) => type === 'Ready')
  const since = was?.status === ready.status ? was.since : now
  const { version, ...object } = current
  const due = again === undefined ? object.due : Math.min(object.due ?? Infinity, now + again)
  await world.store.putObject(
    {
      ...object,
      status: { ...object.status, ...status, observedGeneration: repository.generation },
      conditions: [{ type: 'Ready', ...ready, since }],
      ...(due !== undefined && { due }),
    },
    version,
  )
}
