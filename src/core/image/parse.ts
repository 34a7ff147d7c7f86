import { isAuthority } from './authority.ts'

export interface ImageName {
  readonly registry: string
  readonly repository: string
  /** `status.canonicalImageName`. */
  readonly canonical: string
  readonly insecure: boolean
}
export type ParsedImage = ({ readonly ok: true } & ImageName) | { readonly ok: false; readonly error: string }

const defaultRegistry = 'index.docker.io'
const repositoryName = /^[a-z0-9_\-./]{2,255}$/
const tagName = /^[A-Za-z0-9_\-.]{1,128}$/
const sha256 = /^sha256:[0-9a-f]{64}$/

/** `spec.image`: a name without scheme, tag and digest, as go-containerregistry reads it and Flux checks it. */
export function parseImage(image: string, options: { readonly insecure?: boolean } = {}): ParsedImage {
  const scheme = image.indexOf('://')
  if (scheme >= 0) return refuse(`image '${image}' should not include URL scheme; remove '${image.slice(0, scheme)}://'`)
  const name = tagged(image) ?? withDigest(image)
  if (!name) return refuse(`could not parse reference: ${image}`)
  const path = image.startsWith(name.registry) ? image.slice(name.registry.length) : image
  const [, tag] = path.split(':')
  if (tag !== undefined) return refuse(`image '${image}' should not include a tag; remove ':${tag}'`)
  const repository = name.registry === defaultRegistry && !name.repository.includes('/') ? `library/${name.repository}` : name.repository
  return { ok: true, registry: name.registry, repository, canonical: `${name.registry}/${repository}`, insecure: options.insecure ?? false }
}

const refuse = (error: string): ParsedImage => ({ ok: false, error })

interface Parts {
  readonly registry: string
  readonly repository: string
}

/** `name` or `name:tag`; a colon before the last slash belongs to a port. */
function tagged(text: string): Parts | null {
  const colon = text.lastIndexOf(':')
  if (colon < 0 || text.includes('/', colon)) return untagged(text)
  return tagName.test(text.slice(colon + 1)) ? untagged(text.slice(0, colon)) : null
}

/** `name@sha256:…`, where the name may even carry a tag. */
function withDigest(text: string): Parts | null {
  const [base, digest, more] = text.split('@')
  if (base === undefined || digest === undefined || more !== undefined || !sha256.test(digest)) return null
  return tagged(base) ?? untagged(base)
}

/** The first part is a registry only if it has a dot or a colon in it: `localhost/app` is a repository of Docker Hub. */
function untagged(text: string): Parts | null {
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  const hasRegistry = first.includes('.') || first.includes(':')
  const repository = hasRegistry ? text.slice(slash + 1) : text
  if (!repositoryName.test(repository) || (hasRegistry && !isAuthority(first))) return null
  return { registry: hasRegistry && first !== 'docker.io' ? first : defaultRegistry, repository }
}
