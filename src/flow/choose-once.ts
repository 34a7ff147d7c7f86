// What policies choose now, from manifests and registries alone: nothing is remembered, and nothing is written.
import { derive } from '../core/derive.ts'
import { Failure } from '../core/failure.ts'
import type { Ref } from '../core/image.ts'
import { compileRule, standingOf, type CompiledRule } from '../core/select.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import { policyKey, samePolicy, type StoredObject, type Watch } from '../core/state.ts'
import type { ImageSource, Registry } from '../ports.ts'
import { inParallel } from './parallel.ts'
import { sourceOfRepository } from './source.ts'

/** `held`: a person has suspended it. `trouble`: it is left alone, and somebody has to look. */
export type Choice = { readonly of: StoredObject; readonly watch?: Watch } & (
  | { readonly is: 'chosen'; readonly ref: Ref }
  | { readonly is: 'held'; readonly why: string }
  | { readonly is: 'trouble'; readonly reason: string; readonly message: string }
)

export interface ChoosingOnce {
  readonly registry: Registry
  /** The ref that stands in Git already: `IfNotPresent` keeps its digest. */
  readonly standing: (policy: StoredObject, name: string, tag: string) => Ref | undefined
}

/** One listing for each ImageRepository. A registry that does not answer costs its own policies only. */
export async function chooseOnce(objects: readonly StoredObject[], choosing: ChoosingOnce): Promise<readonly Choice[]> {
  const policies = derive(objects).filter(({ of }) => of.kind === 'ImagePolicy')
  const repositories = objects.filter(({ kind }) => kind === 'ImageRepository')
  const chosen = await inParallel(repositories, async (repository) => {
    const watches = policies.flatMap((each) =>
      'watch' in each && samePolicy(each.watch.imageRepository, repository) ? [{ of: each.of, watch: each.watch }] : [],
    )
    return chooseFrom(repository, watches, choosing)
  })
  const troubled = policies.flatMap((each): readonly Choice[] =>
    'trouble' in each ? [{ of: each.of, is: 'trouble', reason: each.trouble.reason, message: each.trouble.message }] : [],
  )
  return [...chosen.flat(), ...troubled].sort((a, b) => (policyKey(a.of) < policyKey(b.of) ? -1 : 1))
}

interface Watched {
  readonly of: StoredObject
  readonly watch: Watch
}

async function chooseFrom(repository: StoredObject, watches: readonly Watched[], choosing: ChoosingOnce): Promise<readonly Choice[]> {
  const idle = (repository.spec as ImageRepositorySpec).suspend
    ? `ImageRepository ${repository.namespace}/${repository.name} is suspended`
    : undefined
  const held = watches.filter(({ watch }) => watch.suspended).map((each): Choice => ({ ...each, is: 'held', why: idle ?? 'suspended' }))
  const wanted = watches.filter(({ watch }) => !watch.suspended)
  if (wanted.length === 0) return held
  const source = sourceOfRepository(repository)
  const answers = await orTrouble(wanted, async () => {
    const tags = await listing(source, choosing.registry)
    const each = await inParallel(wanted, (one) => orTrouble([one], async () => [await choose(one, tags, source, choosing)]))
    return each.flat()
  })
  return [...held, ...answers]
}

/** What the world refuses is told of those whom it concerns. */
async function orTrouble(concerned: readonly Watched[], action: () => Promise<readonly Choice[]>): Promise<readonly Choice[]> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return concerned.map((each): Choice => ({ ...each, is: 'trouble', reason: error.code, message: error.message }))
  }
}

async function listing(source: ImageSource, registry: Registry): Promise<readonly string[]> {
  const tags: string[] = []
  for await (const page of registry.list(source)) for (const tag of page) tags.push(tag)
  return tags
}

async function choose(
  { of, watch }: Watched,
  listed: readonly string[],
  source: ImageSource,
  { registry, standing }: ChoosingOnce,
): Promise<Choice> {
  const rule: CompiledRule = compileRule(watch.rule)
  const tags = new Set(listed)
  for (;;) {
    const { selected } = standingOf([...tags], rule)
    if (!selected.found) return { of, watch, is: 'trouble', reason: selected.reason, message: selected.error }
    const there = await registry.confirm(source, selected.tag)
    // Listed, and gone by the time we ask: as if it had never been there.
    if (!there.found && tags.delete(selected.tag)) continue
    const ref = { name: watch.name, tag: selected.tag }
    if (watch.digest === 'Never') return { of, watch, is: 'chosen', ref }
    const kept = watch.digest === 'IfNotPresent' ? standing(of, ref.name, ref.tag)?.digest : undefined
    const digest = kept ?? (there.found ? there.digest : '')
    if (digest === '')
      return { of, watch, is: 'trouble', reason: 'no-digest', message: `the digest of ${ref.name}:${ref.tag} is wanted and not known` }
    return { of, watch, is: 'chosen', ref: { ...ref, digest } }
  }
}
