import { json, problem } from './answers.ts'
import { after, isDigest } from './grammar.ts'
import { artifactTypeOf, OCI_INDEX } from './read-manifest.ts'
import type { Site } from './site.ts'

/** How many entries a page holds at most; with `refuseMore`, asking for more is an error, as it is at ECR beyond 1000. */
export interface PageRules {
  readonly most?: number
  readonly refuseMore?: boolean
}

interface Page {
  readonly entries: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

function page(sorted: readonly string[], url: URL, rules: PageRules): Page | Response {
  const asked = url.searchParams.get('n')
  if (asked !== null && !/^\d{1,9}$/.test(asked))
    return problem({ status: 400, code: 'PAGINATION_NUMBER_INVALID', message: `n must be a number, not "${asked}"` })
  const most = rules.most ?? Infinity
  if (asked !== null && Number(asked) > most && rules.refuseMore)
    return problem({ status: 405, code: 'UNSUPPORTED', message: `n may be ${most} at most` })
  const size = Math.min(asked === null ? Infinity : Number(asked), most)
  const start = after(sorted, url.searchParams.get('last') ?? '')
  const entries = sorted.slice(start, size === Infinity ? undefined : start + size)
  const last = entries.at(-1)
  if (last === undefined || start + entries.length >= sorted.length) return { entries, headers: {} }
  const next = `${url.pathname}?${new URLSearchParams({ n: String(size), last }).toString()}`
  return { entries, headers: { link: `<${next}>; rel="next"` } }
}

export function tagsEndpoint(site: Site, name: string, url: URL, rules: PageRules): Response {
  const shelf = site.content.shelf(name)
  if (!shelf) return problem({ status: 404, code: 'NAME_UNKNOWN', message: `there is no "${name}"`, details: [{ name }] })
  const all = shelf.sortedTags()
  const anyArchived = [...shelf.manifests.values()].some((manifest) => manifest.archived)
  const visible = anyArchived ? all.filter((tag) => shelf.manifests.get(shelf.tags.get(tag) ?? '')?.archived !== true) : all
  const found = page(visible, url, rules)
  return found instanceof Response ? found : json({ name, tags: found.entries }, { headers: found.headers })
}

export function catalogEndpoint(site: Site, url: URL, rules: PageRules): Response {
  const found = page(site.content.names(), url, rules)
  return found instanceof Response ? found : json({ repositories: found.entries }, { headers: found.headers })
}

/** An index of all that names `digest` as its subject, there or not: an unknown digest has no referrers, which is no error. */
export function referrersEndpoint(site: Site, name: string, digest: string, url: URL): Response {
  if (!isDigest(digest)) return problem({ status: 400, code: 'DIGEST_INVALID', message: `"${digest}" is not a sha256 digest` })
  const wanted = url.searchParams.get('artifactType')
  const manifests = [...(site.content.shelf(name)?.manifests.values() ?? [])]
    .filter((manifest) => manifest.subject === digest && !manifest.archived)
    .map((manifest) => {
      const artifactType = artifactTypeOf(manifest)
      return {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
      }
    })
    .filter((each) => wanted === null || each.artifactType === wanted)
  return json(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    { type: OCI_INDEX, headers: wanted === null ? {} : { 'oci-filters-applied': 'artifactType' } },
  )
}
