// What is watched, what is chosen and why, and what came of it: one page and the state that it shows. Fetch-shaped; read-only.
import { targetKey, type Entry, type StoredObject } from '../core/state.ts'
import type { ImagePolicySpec, ImageRepositorySpec, ImageUpdateAutomationSpec } from '../core/spec.ts'
import type { Shelf, World } from '../ports.ts'

export interface DashboardOptions {
  readonly world: Pick<World, 'store' | 'clock'>
  readonly scope: string
  /** The page. */
  readonly html: string
  /** Where a commit can be looked at. */
  readonly commitUrl?: (entry: Entry) => string | undefined
}

// The page brings its own style and script and asks nobody else for anything.
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Nothing: the path is not the dashboard's. */
export function dashboard(options: DashboardOptions): (request: Request) => Promise<Response | undefined> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(options.html, { headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } })
    if (pathname === '/api/state') return Response.json(await stateOf(options), { headers })
    return undefined
  }
}

async function stateOf({ world, scope, commitUrl }: DashboardOptions): Promise<unknown> {
  const [shelf, targets] = await Promise.all([world.store.shelf(scope), world.store.targets()])
  const namespaces = [...new Set(shelf.objects.map(({ namespace }) => namespace))]
  const pages = await Promise.all(namespaces.map((namespace) => world.store.entries(scope, namespace, { limit: 50 })))
  const entries = pages.flatMap((page) => page.entries).sort((a, b) => b.at - a.at)
  return {
    now: world.clock.now(),
    policies: shelf.objects.filter(({ kind }) => kind === 'ImagePolicy').map((policy) => policyOf(policy, shelf)),
    automations: shelf.objects.filter(({ kind }) => kind === 'ImageUpdateAutomation').map(automationOf),
    targets: targets.map((target) => ({
      name: targetKey(target.id),
      head: target.head,
      asked: target.asked,
      done: target.done,
      due: target.due,
      intents: target.intents.length,
    })),
    timeline: entries.slice(0, 50).map((entry) => ({ ...entry, url: commitUrl?.(entry) })),
  }
}

function policyOf(policy: StoredObject, { objects, selections }: Shelf): unknown {
  const spec = policy.spec as ImagePolicySpec
  const ref = spec.imageRepositoryRef
  const image = objects.find(
    ({ kind, namespace, name }) => kind === 'ImageRepository' && name === ref.name && namespace === (ref.namespace ?? policy.namespace),
  )
  const selection = selections.find((each) => each.policy.namespace === policy.namespace && each.policy.name === policy.name)
  const scan = image?.status['lastScanResult'] as { tagCount?: number; scanTime?: string } | undefined
  return {
    namespace: policy.namespace,
    name: policy.name,
    image: (image?.spec as ImageRepositorySpec | undefined)?.image,
    rule: ruleText(spec),
    tag: selection?.latestRef?.tag,
    previous: selection?.previousRef?.tag,
    digest: selection?.latestRef?.digest,
    cause: selection?.cause,
    doubt: selection?.doubt ?? false,
    condition: selection?.condition ?? policy.conditions.find(({ type }) => type === 'Ready'),
    tags: scan?.tagCount,
    scanned: scan?.scanTime,
  }
}

function automationOf(automation: StoredObject): unknown {
  const spec = automation.spec as ImageUpdateAutomationSpec
  return {
    namespace: automation.namespace,
    name: automation.name,
    path: spec.update?.path ?? '',
    suspended: spec.suspend ?? false,
    condition: automation.conditions.find(({ type }) => type === 'Ready'),
    lastPushCommit: automation.status['lastPushCommit'],
  }
}

/** The rule as a person would say it. */
function ruleText({ policy, filterTags }: ImagePolicySpec): string {
  const order = policy.semver
    ? `semver ${policy.semver.range}`
    : policy.alphabetical
      ? `${policy.alphabetical.order === 'desc' ? 'first' : 'last'} in the alphabet`
      : policy.numerical
        ? `${policy.numerical.order === 'desc' ? 'lowest' : 'highest'} number`
        : 'no rule'
  const extract = filterTags?.extract ? ` of ${filterTags.extract}` : ''
  return filterTags?.pattern ? `${order}${extract} among ${filterTags.pattern}` : order
}
