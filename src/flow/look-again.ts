// Something is new about an image, and no event says which tag it concerns: each ImageRepository that is watched asks for a scan, once.
import { imageKey } from '../core/image.ts'
import type { Change } from '../core/signal.ts'
import { policyKey } from '../core/state.ts'
import type { Outbox, World } from '../ports.ts'

type Looking = Pick<World, 'store' | 'log'> & { readonly outbox: Pick<Outbox, 'scan'> }

export async function lookAgain({ id, image, what }: Change, world: Looking): Promise<void> {
  const key = imageKey(image)
  const watches = key === null ? [] : (await world.store.watches(key)).filter(({ suspended }) => !suspended)
  const asked = new Map(watches.map(({ imageRepository }) => [policyKey(imageRepository), imageRepository]))
  for (const imageRepository of asked.values()) await world.outbox.scan({ imageRepository, why: 'image-changed' })
  world.log('change', { signal: id, image, what, asked: [...asked.keys()] })
}
