// A receiver let somebody in: whatever it names is looked at. Where the payload says which tag was pushed, that tag is judged at once.
import { imageKey } from '../core/image.ts'
import type { ImagePolicySpec, ImageRepositorySpec, ImageUpdateAutomationSpec } from '../core/spec.ts'
import { policyKey, samePolicy, targetKey, type ObjectId, type PolicyId, type StoredObject, type TargetId } from '../core/state.ts'
import type { PushedRef, Webhook } from '../core/webhook.ts'
import type { Shelf } from '../ports.ts'
import { evaluate, type Evaluating } from './evaluate.ts'
import { mark } from './mark.ts'

export async function attendWebhook({ id, at, receiver, resources, refs }: Webhook, world: Evaluating): Promise<void> {
  const shelves = new Map<string, Shelf>()
  for (const { namespace } of resources)
    if (!shelves.has(namespace)) shelves.set(namespace, await world.store.shelf(receiver.scope, namespace))
  const objects = [...shelves.values()].flatMap((shelf) => shelf.objects)
  const named = objects.filter((object) => resources.some((resource) => isOf(object, resource)))

  const judged = await judge(
    named.filter(({ kind }) => kind === 'ImageRepository'),
    { id, at, refs },
    world,
  )
  const toScan = new Map(named.flatMap((object) => imageRepositoriesOf(object)).map((each) => [policyKey(each), each]))
  for (const imageRepository of judged) toScan.delete(policyKey(imageRepository))
  for (const imageRepository of toScan.values()) await world.outbox.scan({ imageRepository, why: 'webhook' })

  const toMark = new Map(named.flatMap((object) => targetsOf(object, objects)).map((target) => [targetKey(target), target]))
  for (const target of toMark.values()) await mark(target, world)
  world.log('webhook-attended', {
    signal: id,
    receiver: policyKey(receiver),
    judged: judged.length,
    scans: toScan.size,
    marks: toMark.size,
  })
}

const isOf = (object: StoredObject, id: ObjectId): boolean => object.kind === id.kind && samePolicy(object, id)
const isSuspended = ({ spec }: StoredObject): boolean => (spec as { readonly suspend?: boolean }).suspend ?? false

/** Each pushed tag, for those ImageRepositories whose image it is; the answer: for which there is nothing left to look for. */
async function judge(
  repositories: readonly StoredObject[],
  { id, at, refs }: Pick<Webhook, 'id' | 'at' | 'refs'>,
  world: Evaluating,
): Promise<readonly PolicyId[]> {
  const judged: PolicyId[] = []
  for (const [place, ref] of refs.entries()) {
    const images = new Map<string, StoredObject[]>()
    for (const object of repositories) {
      const { image } = object.spec as ImageRepositorySpec
      if (isImage(image, ref)) images.set(image, [...(images.get(image) ?? []), object])
    }
    for (const [image, among] of images) {
      const signal = { is: ref.is, id: refs.length === 1 ? id : `${id}/${place}`, image, tag: ref.tag, at }
      await evaluate(signal, world, { only: (watch) => among.some((object) => samePolicy(watch.imageRepository, object)) })
      judged.push(...among.map(({ scope, namespace, name }) => ({ scope, namespace, name })))
    }
  }
  return judged
}

/** A payload that does not say which registry it comes from means the path alone. */
function isImage(image: string, { image: pushed }: PushedRef): boolean {
  const key = imageKey(image)
  return pushed.startsWith('/') ? (key?.endsWith(pushed) ?? false) : key !== null && key === imageKey(pushed)
}

function imageRepositoriesOf(object: StoredObject): readonly PolicyId[] {
  const { scope, namespace, name, kind } = object
  if (isSuspended(object)) return []
  if (kind === 'ImageRepository') return [{ scope, namespace, name }]
  if (kind !== 'ImagePolicy') return []
  const ref = (object.spec as ImagePolicySpec).imageRepositoryRef
  return [{ scope, namespace: ref.namespace ?? namespace, name: ref.name }]
}

/** Of an automation its own; of a GitRepository those of all automations that write to it. */
function targetsOf(object: StoredObject, objects: readonly StoredObject[]): readonly TargetId[] {
  const target = object.status['target'] as TargetId | undefined
  if (object.kind === 'ImageUpdateAutomation') return target && !isSuspended(object) ? [target] : []
  if (object.kind !== 'GitRepository') return []
  return objects
    .filter((each) => each.kind === 'ImageUpdateAutomation' && isFrom(each, object))
    .flatMap((automation) => targetsOf(automation, objects))
}

const isFrom = (automation: StoredObject, git: StoredObject): boolean => {
  const { name, namespace = automation.namespace } = (automation.spec as ImageUpdateAutomationSpec).sourceRef
  return name === git.name && namespace === git.namespace
}
