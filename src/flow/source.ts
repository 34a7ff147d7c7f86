import type { ImageRepositorySpec } from '../core/spec.ts'
import type { StoredObject, Watch } from '../core/state.ts'
import type { ImageSource } from '../ports.ts'

/** Where evaluate, which holds no secrets, may look for an image: only where its own role is enough. */
export const roleSource = ({ imageRepository, name, confirm }: Watch): ImageSource | undefined =>
  confirm === 'ecr'
    ? { scope: imageRepository.scope, namespace: imageRepository.namespace, image: name, provider: 'aws', insecure: false }
    : undefined

/** Where scan looks, with the credentials that the ImageRepository names. */
export function sourceOfRepository(object: StoredObject): ImageSource {
  const spec = object.spec as ImageRepositorySpec
  return {
    scope: object.scope,
    namespace: object.namespace,
    image: spec.image,
    provider: spec.provider ?? 'generic',
    ...(spec.secretRef && { secret: spec.secretRef.name }),
    insecure: spec.insecure ?? false,
  }
}
