import type { Box } from '../box.ts'
import { empty, headOnly, problem } from './answers.ts'
import type { Access, Gatekeeper } from './auth.ts'
import { blobEndpoint } from './blobs.ts'
import { isDigest, isName } from './grammar.ts'
import { catalogEndpoint, referrersEndpoint, tagsEndpoint, type PageRules } from './listings.ts'
import { manifestEndpoint } from './manifests.ts'
import type { Site } from './site.ts'
import { notAllowed, openUploads } from './uploads.ts'

export interface OciOptions {
  readonly gate: Gatekeeper
  readonly pages?: PageRules
  /** Whether the referrers API is there; without it, clients fall back to tags. Default: true. */
  readonly referrers?: boolean
  /** Where to send those who fetch a blob, instead of the bytes. */
  readonly redirectBlobs?: (digest: string) => string
}

// The last part that matches names the endpoint: a name may itself hold `blobs` or `tags`.
const routes = [
  { is: 'uploads', path: /^\/v2\/(.+)\/blobs\/uploads\/?$/ },
  { is: 'upload', path: /^\/v2\/(.+)\/blobs\/uploads\/([0-9a-f-]{36})$/ },
  { is: 'blob', path: /^\/v2\/(.+)\/blobs\/([^/]+)$/ },
  { is: 'manifest', path: /^\/v2\/(.+)\/manifests\/([^/]+)$/ },
  { is: 'tags', path: /^\/v2\/(.+)\/tags\/list$/ },
  { is: 'referrers', path: /^\/v2\/(.+)\/referrers\/([^/]+)$/ },
] as const

interface Route {
  readonly is: (typeof routes)[number]['is'] | 'base' | 'catalog'
  readonly name: string
  readonly rest: string
}

/** The registry as docker, skopeo, crane and oras see it. */
export function ociBox(site: Site, options: OciOptions): Box {
  const uploads = openUploads(site)
  const { gate, pages = {}, referrers = true } = options

  async function answer(request: Request, url: URL, { is, name, rest }: Route): Promise<Response> {
    const reading = request.method === 'GET' || request.method === 'HEAD'
    switch (is) {
      case 'base':
        return empty(200)
      case 'catalog':
        return reading ? catalogEndpoint(site, url, pages) : notAllowed('GET')
      case 'tags':
        return reading ? tagsEndpoint(site, name, url, pages) : notAllowed('GET')
      case 'referrers':
        if (!referrers)
          return problem({ status: 404, code: 'UNSUPPORTED', message: 'there is no referrers API here; use the fallback tag' })
        return reading ? referrersEndpoint(site, name, rest, url) : notAllowed('GET')
      case 'manifest':
        return manifestEndpoint(site, request, name, rest, { referrers })
      case 'blob':
        if (!isDigest(rest)) return problem({ status: 400, code: 'DIGEST_INVALID', message: `"${rest}" is not a sha256 digest` })
        return blobEndpoint(site, request, name, rest, options.redirectBlobs)
      case 'uploads':
        return request.method === 'POST' ? uploads.start(request, name, url) : notAllowed('POST')
      case 'upload':
        return uploads.go(request, name, rest, url)
    }
  }

  return async (request) => {
    const url = new URL(request.url)
    if (gate.isTokenEndpoint(url)) return gate.token(request)
    const route = routeOf(url)
    if (!route) return problem({ status: 404, code: 'UNSUPPORTED', message: `there is nothing at ${url.pathname}` })
    const response =
      gate.refuse(request, accessOf(request.method, route)) ??
      (route.name === '' || isName(route.name)
        ? await answer(request, url, route)
        : problem({
            status: 400,
            code: 'NAME_INVALID',
            message: `"${route.name}" is not a repository name`,
            details: [{ name: route.name }],
          }))
    response.headers.set('docker-distribution-api-version', 'registry/2.0')
    return request.method === 'HEAD' ? headOnly(response) : response
  }
}

function routeOf(url: URL): Route | undefined {
  if (url.pathname === '/v2/' || url.pathname === '/v2') return { is: 'base', name: '', rest: '' }
  if (url.pathname === '/v2/_catalog') return { is: 'catalog', name: '', rest: '' }
  for (const { is, path } of routes) {
    const match = path.exec(url.pathname)
    const name = match?.[1]
    if (name !== undefined) return { is, name, rest: decoded(match?.[2] ?? '') }
  }
  return undefined
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function accessOf(method: string, route: Route): Access {
  if (route.is === 'base' || route.is === 'catalog') return { action: route.is }
  const action = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' && route.is !== 'upload' ? 'delete' : 'push'
  return { name: route.name, action }
}
