import { createHash } from 'node:crypto'
import type { Clock, Confirmed, ImageSource, Random, Registry } from '../../ports.ts'
import type { Fetch } from '../http/fetch.ts'
import { retrying } from '../http/retry.ts'
import { malformed, notThere, refused } from './failures.ts'
import { isTag, listingGuard } from './listing.ts'
import { discard, field, readBody, readJson } from './oci/body.ts'
import { nextLink } from './oci/headers.ts'
import { placeOf, type Place } from './oci/place.ts'
import { openSession, type Ask } from './oci/session.ts'

export interface OciOptions {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: Random
  /** The text of the `.dockerconfigjson` that belongs to a source; undefined: none. */
  readonly credentials: (source: ImageSource) => Promise<string | undefined>
  readonly timeout?: number
}

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  '*/*;q=0.1',
].join(', ')

const MANIFEST_BYTES = 4 << 20
// Some registries pay no heed to `n`: 100,000 tags of the longest kind in one page are 13 MB.
const PAGE_BYTES = 32 << 20
const ERROR_BYTES = 64 << 10

/** Any registry that speaks the OCI distribution protocol. */
export function ociRegistry(options: OciOptions): Registry {
  const { clock, random } = options
  const session = openSession(options)
  const read = <T>(ask: Ask, then: (response: Response) => Promise<T>): Promise<T> =>
    retrying({ clock, random }, async () => then(await session.send(ask)))

  return {
    confirm: async (source, tag) => {
      if (!isTag(tag)) return { found: false, why: 'no-such-tag' }
      const place = placeOf(source)
      const ask: Ask = { source, place, method: 'HEAD', path: `/v2/${place.repository}/manifests/${tag}`, accept: ACCEPT }
      const digest = await read(ask, async (response) => {
        await discard(response)
        return response.ok ? digestIn(response, place) : undefined
      })
      // A HEAD costs nothing on Docker Hub, but it cannot say why it found nothing, and not all say the digest.
      return digest === undefined
        ? read({ ...ask, method: 'GET' }, (response) => confirmedByBody(response, place))
        : { found: true, digest }
    },
    list: async function* (source) {
      const place = placeOf(source)
      const guard = listingGuard(source.image)
      let path: string | undefined = `/v2/${place.repository}/tags/list?n=1000`
      while (path !== undefined) {
        const page: Page = await read({ source, place, method: 'GET', path, accept: 'application/json' }, (response) =>
          readPage(response, place),
        )
        guard.page(page.tags, page.next)
        yield page.tags
        path = page.next
      }
    },
  }
}

const DIGEST = /^sha256:[0-9a-f]{64}$/

function digestIn(response: Response, place: Place): string | undefined {
  const digest = response.headers.get('docker-content-digest') ?? undefined
  if (digest !== undefined && !DIGEST.test(digest)) throw malformed(place.where, 'Docker-Content-Digest is not a sha256 digest')
  return digest
}

async function confirmedByBody(response: Response, place: Place): Promise<Confirmed> {
  if (response.status === 404) {
    const body = await readJson(response, ERROR_BYTES, place.where).catch(() => undefined)
    return { found: false, why: codesIn(body).includes('NAME_UNKNOWN') ? 'no-such-image' : 'no-such-tag' }
  }
  if (!response.ok) {
    await discard(response)
    throw refused(place.where, `the registry answered ${response.status} to a manifest request`)
  }
  const bytes = await readBody(response, MANIFEST_BYTES, place.where)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const said = digestIn(response, place)
  if (said !== undefined && said !== digest) throw malformed(place.where, `the manifest's digest is ${digest}, the registry says ${said}`)
  return { found: true, digest }
}

function codesIn(body: unknown): readonly unknown[] {
  const errors = field(body, 'errors')
  return Array.isArray(errors) ? errors.map((error) => field(error, 'code')) : []
}

interface Page {
  readonly tags: readonly string[]
  readonly next: string | undefined
}

async function readPage(response: Response, place: Place): Promise<Page> {
  if (!response.ok) {
    await discard(response)
    throw response.status === 404 ? notThere(place.where) : refused(place.where, `the registry answered ${response.status} to a listing`)
  }
  const body = await readJson(response, PAGE_BYTES, place.where)
  // An image without tags is `null` at some registries.
  const tags: unknown = field(body, 'tags') ?? []
  if (!isTexts(tags)) throw malformed(place.where, 'a listing is {"tags": ["…"]}')
  return { tags, next: nextPath(response, place) }
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')

/** Proxies are known to write `http:` or their own port into links, so only another host is refused; we ask where we asked before. */
function nextPath(response: Response, place: Place): string | undefined {
  const link = nextLink(response.headers.get('link'))
  if (link === undefined) return undefined
  const base = `https://${place.host}/v2/${place.repository}/tags/list`
  if (!URL.canParse(link, base)) throw malformed(place.where, 'the link to the next page is no address')
  const next = new URL(link, base)
  if (next.hostname !== new URL(base).hostname) throw malformed(place.where, `the next page is said to be at another host, ${next.host}`)
  return `${next.pathname}${next.search}`
}
