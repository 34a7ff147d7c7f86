import { parseImage } from '../../../core/image.ts'
import type { ImageSource } from '../../../ports.ts'
import { refused } from '../failures.ts'

export interface Place {
  readonly host: string
  readonly repository: string
  /** To be tried in this order when a connection fails. */
  readonly schemes: readonly ('https' | 'http')[]
  /** For messages. */
  readonly where: string
}

/** Plain HTTP is for loopback, private networks and whoever said `insecure`: the rule of go-containerregistry, which Flux uses. */
export function placeOf({ image, insecure }: ImageSource): Place {
  const parsed = parseImage(image)
  if (!parsed.ok) throw refused(image, parsed.error)
  const host = parsed.registry.toLowerCase()
  const name = host.replace(/:\d*$/, '')
  const schemes = isLoopback(name)
    ? (['http', 'https'] as const)
    : insecure || isPrivate(name)
      ? (['https', 'http'] as const)
      : (['https'] as const)
  return { host, repository: parsed.repository, schemes, where: image }
}

const isLoopback = (name: string): boolean => name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
const isPrivate = (name: string): boolean =>
  name.endsWith('.local') || /^(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})$/.test(name)
