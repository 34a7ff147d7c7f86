// A pushed tag that only scan may confirm, since only scan holds the registry's credentials.
import type { Signal } from '../core/signal.ts'
import { imageKey } from '../core/image.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import { samePolicy, type StoredObject } from '../core/state.ts'
import type { ScanRequest, World } from '../ports.ts'
import { evaluate } from './evaluate.ts'
import { sourceOfRepository } from './source.ts'

type Confirming = Pick<World, 'store' | 'registry' | 'outbox' | 'memory' | 'log' | 'clock'>

/** The same judgement as evaluate's, for the policies of one ImageRepository, with a registry that can be asked. */
export async function evaluateConfirmed(confirm: NonNullable<ScanRequest['confirm']>, repository: StoredObject, world: Confirming): Promise<void> {
  const signal: Signal = { is: 'push', id: confirm.signal, image: imageKey((repository.spec as ImageRepositorySpec).image), tag: confirm.tag, at: confirm.at }
  const source = sourceOfRepository(repository)
  await evaluate(signal, {
    ...world,
    registry: { ...world.registry, confirm: (_, tag) => world.registry.confirm(source, tag) },
    store: {
      ...world.store,
      watches: async (image) => (await world.store.watches(image)).filter((watch) => samePolicy(watch.imageRepository, repository)).map((watch) => ({ ...watch, confirm: 'ecr' as const })),
    },
  })
}
