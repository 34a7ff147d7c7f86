// What the payload of a registry's webhook says was pushed. Only where to look: the registry confirms what is so.
import * as v from 'valibot'
import type { ObjectId } from './state.ts'

/** Kinds of a receiver's resources that something here follows from; for a Kustomization Flux itself goes on caring. */
export const followedKinds: ReadonlySet<string> = new Set(['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation', 'GitRepository'])

/** What a receiver hands on: where to look, and what was pushed there if the payload says so. */
export interface Webhook {
  readonly id: string
  readonly at: number
  readonly receiver: ObjectId
  readonly resources: readonly ObjectId[]
  readonly refs: readonly PushedRef[]
}

export interface PushedRef {
  readonly is: 'push' | 'delete'
  /** The image's name; without a host (`/org/app`) where the payload does not say which registry it was. */
  readonly image: string
  readonly tag: string
}

const Id = v.object({ scope: v.string(), namespace: v.string(), kind: v.string(), name: v.string() })
const WebhookEvent = v.object({
  source: v.literal('tagboat'),
  'detail-type': v.literal('Webhook Received'),
  detail: v.object({
    id: v.string(),
    at: v.number(),
    receiver: Id,
    resources: v.array(Id),
    refs: v.array(v.object({ is: v.picklist(['push', 'delete']), image: v.string(), tag: v.string() })),
  }),
})
/** Nothing: the event is another one. */
export function hearWebhook(event: unknown): Webhook | undefined {
  const read = v.safeParse(WebhookEvent, event)
  return read.success ? read.output.detail : undefined
}

/** Nothing: the payload does not name a tag, and whoever is concerned looks at all of them. */
export function pushedRefs(type: string, body: unknown): readonly PushedRef[] {
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined
  return read ? read(body).filter(({ tag, image }) => tag !== '' && image !== '' && image !== '/') : []
}

type Read = (body: unknown) => readonly PushedRef[]

/** A reader of what has this shape; of anything else nothing is read. */
const reading =
  <Schema extends v.GenericSchema>(schema: Schema, refs: (body: v.InferOutput<Schema>) => readonly PushedRef[]): Read =>
  (body) => {
    const read = v.safeParse(schema, body)
    return read.success ? refs(read.output) : []
  }
const first =
  (...readers: readonly Read[]): Read =>
  (body) =>
    readers.map((read) => read(body)).find((refs) => refs.length > 0) ?? []

const push = (image: string, tag: string): PushedRef => ({ is: 'push', image, tag })
/** `host/name:tag` (the tag is behind the last slash). */
function spelt(text: string, is: PushedRef['is'] = 'push'): readonly PushedRef[] {
  const [, image = '', tag = ''] = /^([^@]*\/[^/:@]+):([\w.-]+)(?:@.*)?$/.exec(text) ?? []
  return tag === '' ? [] : [{ is, image, tag }]
}

/** https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
const dockerHub = reading(
  v.object({
    push_data: v.object({ tag: v.string() }),
    repository: v.object({ repo_name: v.optional(v.string()), repo_url: v.optional(v.string()) }),
  }),
  ({ push_data: { tag }, repository: { repo_name, repo_url } }) => {
    const name = repo_name ?? /\/(?:u|r|_)\/([^?#]+?)\/?$/.exec(repo_url ?? '')?.[1]
    return name ? [push(`docker.io/${name}`, tag)] : []
  },
)

const quay = reading(v.object({ docker_url: v.string(), updated_tags: v.array(v.string()) }), ({ docker_url, updated_tags }) =>
  updated_tags.map((tag) => push(docker_url, tag)),
)

const acr = reading(
  v.object({
    action: v.picklist(['push', 'delete', 'quarantine', 'chart_push', 'chart_delete']),
    target: v.object({ repository: v.string(), tag: v.string() }),
    request: v.optional(v.object({ host: v.optional(v.string()) })),
  }),
  ({ action, target: { repository, tag }, request }) =>
    action === 'push' || action === 'delete' ? [{ is: action, image: `${request?.host ?? ''}/${repository}`, tag }] : [],
)

const HarborResources = v.object({ resources: v.array(v.object({ tag: v.optional(v.string()), resource_url: v.string() })) })
const harborRefs = (type: string, { resources }: v.InferOutput<typeof HarborResources>): readonly PushedRef[] => {
  const is = /push/i.test(type) ? 'push' : /delete/i.test(type) ? 'delete' : undefined
  return is ? resources.flatMap(({ resource_url }) => spelt(resource_url, is)) : []
}
/** Its own form, and that of CloudEvents since 2.8. */
const harbor = first(
  reading(v.object({ type: v.picklist(['PUSH_ARTIFACT', 'DELETE_ARTIFACT']), event_data: HarborResources }), ({ type, event_data }) =>
    harborRefs(type, event_data),
  ),
  reading(v.object({ type: v.picklist(['harbor.artifact.pushed', 'harbor.artifact.deleted']), data: HarborResources }), ({ type, data }) =>
    harborRefs(type, data),
  ),
)

const gcr = reading(v.object({ action: v.string(), tag: v.string() }), ({ action, tag }) =>
  action === 'INSERT' ? spelt(tag) : action === 'DELETE' ? spelt(tag, 'delete') : [],
)

const nexus = reading(
  v.object({
    action: v.picklist(['CREATED', 'UPDATED', 'DELETED']),
    component: v.object({ format: v.literal('docker'), name: v.string(), version: v.string() }),
  }),
  ({ action, component: { name, version } }) => [{ is: action === 'DELETED' ? 'delete' : 'push', image: `/${name}`, tag: version }],
)

const GitHubPackage = v.object({
  namespace: v.optional(v.string()),
  owner: v.optional(v.object({ login: v.string() })),
  name: v.string(),
  package_type: v.pipe(v.string(), v.regex(/^(?:container|docker)$/i)),
  package_version: v.object({
    container_metadata: v.optional(v.object({ tag: v.optional(v.object({ name: v.optional(v.string()) })) })),
    package_url: v.optional(v.string()),
  }),
})
type GitHubPackage = v.InferOutput<typeof GitHubPackage>
function githubRefs({ namespace, owner, name, package_version: version }: GitHubPackage): readonly PushedRef[] {
  const named = spelt(version.package_url ?? '')
  const tag = version.container_metadata?.tag?.name ?? ''
  const of = namespace || owner?.login
  return named.length > 0 ? named : of ? [push(`ghcr.io/${of.toLowerCase()}/${name}`, tag)] : []
}
const Published = v.picklist(['published', 'updated'])
/** `package`, and `registry_package`, which it is about to replace. */
const github = first(
  reading(v.object({ action: Published, package: GitHubPackage }), (event) => githubRefs(event.package)),
  reading(v.object({ action: Published, registry_package: GitHubPackage }), (event) => githubRefs(event.registry_package)),
)

/** The notifications of the CNCF's own registry, which several products and home-made bridges send. */
const notifications = reading(
  v.object({
    events: v.array(
      v.object({
        action: v.string(),
        target: v.object({ repository: v.string(), tag: v.optional(v.string()) }),
        request: v.optional(v.object({ host: v.optional(v.string()) })),
      }),
    ),
  }),
  ({ events }) =>
    events.flatMap(({ action, target: { repository, tag = '' }, request }) =>
      action === 'push' || action === 'delete' ? [{ is: action, image: `${request?.host ?? ''}/${repository}`, tag }] : [],
    ),
)

/** A published artifact is named by its package URL: `pkg:oci/app@sha256%3A…?repository_url=ghcr.io/org/app&tag=1.2.3`. */
const cdevents = reading(
  v.object({
    context: v.object({ type: v.pipe(v.string(), v.regex(/^dev\.cdevents\.artifact\.(?:published|packaged)\./)) }),
    subject: v.object({ id: v.pipe(v.string(), v.startsWith('pkg:oci/')) }),
  }),
  ({ subject: { id } }) => {
    const [, name = '', query = ''] = /^pkg:oci\/([^@?#]+)[^?#]*(?:\?([^#]*))?/.exec(id) ?? []
    const qualifiers = new Map(query.split('&').map((pair) => pair.split('=', 2).map(decoded) as [string, string]))
    const url = qualifiers.get('repository_url') ?? ''
    const image = url.endsWith(`/${decoded(name)}`) || url === '' ? url || `/${decoded(name)}` : `${url}/${decoded(name)}`
    return [push(image, qualifiers.get('tag') ?? '')]
  },
)
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const readers: Readonly<Record<string, Read>> = {
  dockerhub: dockerHub,
  quay,
  acr,
  harbor,
  gcr,
  nexus,
  github,
  gitlab: notifications,
  generic: notifications,
  'generic-hmac': notifications,
  'generic-oidc': notifications,
  cdevents,
}
