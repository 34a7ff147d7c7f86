// Where tags and digests come from: ECR by its own API, every other registry by the OCI protocol.
import { ecrImage } from '../core/image.ts'
import type { ImageSource, Registry } from '../ports.ts'

export { ecrRegistry, type EcrOptions } from './registry/ecr.ts'
export { ociRegistry, type OciOptions } from './registry/oci.ts'

/** Private ECR images go to `ecr`, whatever `spec.provider` says: the role that runs us needs no secret for them. */
export function registryByHost(registries: {
  readonly ecr: Registry
  readonly oci: Registry
  readonly isEcr?: (image: string) => boolean
}): Registry {
  const { ecr, oci, isEcr = (image) => ecrImage(image) !== undefined } = registries
  const registryOf = (source: ImageSource): Registry => (isEcr(source.image) ? ecr : oci)
  return { confirm: (source, tag) => registryOf(source).confirm(source, tag), list: (source) => registryOf(source).list(source) }
}
