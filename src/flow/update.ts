// A checkout brought up to what its policies choose now: the same decision as promote's, with the files at hand instead of a head.
import { factsIn } from '../core/checkout-facts.ts'
import { checkoutOf, pushBranchOf, spelt } from '../core/checkout.ts'
import { formatRef, type Ref } from '../core/image.ts'
import { lookForMarkers, type Checkout } from '../core/markers.ts'
import { objectsOf } from '../core/objects.ts'
import { decide, type AutomationFacts, type Plan, type PolicyFacts } from '../core/plan.ts'
import type { GitRepositorySpec, ImageUpdateAutomationSpec, Manifest } from '../core/spec.ts'
import type { StoredObject } from '../core/state.ts'
import type { Registry } from '../ports.ts'
import { chooseOnce, type Choice } from './choose-once.ts'

export interface UpdateWish {
  readonly checkout: Checkout
  readonly manifests: readonly Manifest[]
  readonly scope: string
  /** By name or namespace/name; none: all of them. */
  readonly automations: readonly string[]
}
export type CheckoutUpdate =
  | (Plan & {
      readonly ok: true
      readonly choices: readonly Choice[]
      /** What is to be written, each file once. */
      readonly files: readonly { readonly path: string; readonly before: Uint8Array; readonly after: Uint8Array }[]
      /** Marked files that nobody reads, and why. */
      readonly skipped: readonly { readonly path: string; readonly why: string; readonly detail: string }[]
      /** Markers that name no policy. */
      readonly strangers: readonly { readonly path: string; readonly line: number; readonly setter: string }[]
    })
  | { readonly ok: false; readonly code: 'no-policies' | 'no-automation' | 'several-targets' | 'no-markers'; readonly message: string }

export async function updateIn(
  { checkout, manifests, scope, automations: wanted }: UpdateWish,
  registry: Registry,
): Promise<CheckoutUpdate> {
  const objects = objectsOf(manifests, scope)
  if (!objects.some(({ kind }) => kind === 'ImagePolicy'))
    return refuse(
      'no-policies',
      'found no ImagePolicy: name the folder or file with --manifests, or pipe what kustomize builds to --manifests -',
    )
  const chosen = automationsOf(objects, wanted)
  if (!chosen.ok) return chosen
  const { automations } = chosen
  const facts = automations.map((automation) => factsIn(checkout, { ...automation, policies: [] }))
  const marked = new Map(facts.flatMap(({ files }) => files.map(({ path, bytes }) => [path, lookForMarkers(bytes)] as const)))
  const markers = [...marked].flatMap(([path, found]) => (found.is === 'read' ? found.markers.map((each) => ({ path, ...each })) : []))
  const skipped = [...marked].flatMap(([path, found]) => (found.is === 'skipped' ? [{ path, why: found.why, detail: found.detail }] : []))
  if (markers.length === 0 && skipped.length === 0 && facts.every(({ at }) => at !== 'nothing'))
    return refuse(
      'no-markers',
      `found no marker below ${facts.map(({ spec }) => spec.update?.path ?? '.').join(', ')}: write # {"$imagepolicy": "NAMESPACE:POLICY"} behind an image`,
    )
  // Nobody asks a registry for what stands nowhere.
  const named = new Set(markers.map(({ setter }) => policyOf(setter)))
  const isNamed = ({ namespace, name }: StoredObject) => named.has(`${namespace}:${name}`)
  const choices = await chooseOnce(
    objects.filter((object) => object.kind !== 'ImagePolicy' || isNamed(object)),
    { registry, standing: (policy, name, tag) => standingAt(`${policy.namespace}:${policy.name}`, { name, tag }, markers) },
  )
  const known = new Set(choices.map(({ of }) => `${of.namespace}:${of.name}`))
  const strangers = markers.filter(({ setter }) => !known.has(policyOf(setter)))
  const plan = decide({
    target: { host: '', owner: '', repository: '', branch: '' },
    automations: facts.map((each) => ({ ...each, policies: policiesOf(each, choices) })),
  })
  const before = new Map(facts.flatMap(({ files }) => files.map(({ path, bytes }) => [path, bytes] as const)))
  const after = new Map(plan.changes.flatMap(({ files }) => files.map(({ path, bytes }) => [path, bytes] as const)))
  const files = [...after].map(([path, bytes]) => ({ path, before: before.get(path) ?? bytes, after: bytes }))
  return { ok: true, ...plan, choices, skipped, strangers, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** `namespace:name`, without the part that a marker may name. */
const policyOf = (setter: string): string => setter.split(':').slice(0, 2).join(':')

type Refusal = Extract<CheckoutUpdate, { readonly ok: false }>
const refuse = (code: Refusal['code'], message: string): Refusal => ({ ok: false, code, message })

type Automation = Pick<AutomationFacts, 'id' | 'spec'>

/** Those that write to one place: a checkout is one branch. Where nobody wrote one, each namespace of policies has one for everything here. */
function automationsOf(
  objects: readonly StoredObject[],
  wanted: readonly string[],
): { readonly ok: true; readonly automations: readonly Automation[] } | Refusal {
  const all = objects.filter(({ kind }) => kind === 'ImageUpdateAutomation')
  const is = (name: string) => (object: StoredObject) => name === object.name || name === `${object.namespace}/${object.name}`
  const missing = wanted.filter((name) => !all.some(is(name)))
  if (missing.length > 0)
    return refuse(
      'no-automation',
      `found no ImageUpdateAutomation "${missing[0]}"; there is ${listed(all.map(({ namespace, name }) => `${namespace}/${name}`))}`,
    )
  const chosen = (wanted.length === 0 ? all : all.filter((object) => wanted.some((name) => is(name)(object)))).sort((a, b) =>
    `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1,
  )
  const places = new Map<string, string[]>()
  for (const object of chosen) {
    const place = placeOf(object, objects)
    places.set(place, [...(places.get(place) ?? []), `${object.namespace}/${object.name}`])
  }
  if (places.size > 1)
    return refuse(
      'several-targets',
      `the automations write to more than one branch, and a checkout is one: choose with --automation (${[...places].map(([place, names]) => `${names.join(', ')}: ${place}`).join('; ')})`,
    )
  if (all.length > 0)
    return {
      ok: true,
      automations: chosen.map(({ scope, namespace, name, spec }) => ({
        id: { scope, namespace, name },
        spec: spec as ImageUpdateAutomationSpec,
      })),
    }
  const policies = objects.filter(({ kind }) => kind === 'ImagePolicy')
  const implied = [...new Set(policies.map(({ namespace }) => namespace))].sort()
  return {
    ok: true,
    automations: implied.map((namespace) => ({
      id: { scope: policies[0]?.scope ?? '', namespace, name: 'update' },
      spec: { sourceRef: { name: 'update' }, interval: '1m' },
    })),
  }
}

/** The URL if its GitRepository is known, else its name; what is checked out, and where it is pushed. */
function placeOf({ namespace, spec }: StoredObject, objects: readonly StoredObject[]): string {
  const automation = spec as ImageUpdateAutomationSpec
  const { name, namespace: inside = namespace } = automation.sourceRef
  const source = objects.find((each) => each.kind === 'GitRepository' && each.namespace === inside && each.name === name)
  const git = (source?.spec ?? {}) as GitRepositorySpec
  const checkout = spelt(checkoutOf(automation, git))
  const push = pushBranchOf(automation, git)
  return `${source ? git.url : `GitRepository ${inside}/${name}`} ${checkout}${push === undefined || checkout === `branch "${push}"` ? '' : ` to branch "${push}"`}`
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

const policiesOf = ({ id }: AutomationFacts, choices: readonly Choice[]): readonly PolicyFacts[] =>
  choices
    .filter(({ of }) => of.namespace === id.namespace)
    .map((choice) => ({
      id: { scope: choice.of.scope, namespace: choice.of.namespace, name: choice.of.name },
      labels: choice.of.labels,
      ...(choice.is === 'chosen' && { latestRef: choice.ref }),
    }))

/** What a marker of the policy shows, if it is this tag with a digest. */
function standingAt(setter: string, ref: Ref, markers: readonly { readonly setter: string; readonly value: string }[]): Ref | undefined {
  for (const marker of markers) {
    const start = `${formatRef(ref)}@`
    if (marker.setter === setter && marker.value.startsWith(start)) return { ...ref, digest: marker.value.slice(start.length) }
  }
  return undefined
}
