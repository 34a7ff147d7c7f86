// A checkout and its policies, looked at before anything is pushed: what will never work, and what works otherwise than it looks.
import { derive, type Derived } from './derive.ts'
import { isCandidate, type Marker } from './markers.ts'
import { nearest } from './nearest.ts'
import { objectsOf } from './objects.ts'
import { fromRoot, isWithin } from './paths.ts'
import { prepareSelector } from './selector.ts'
import type { ImagePolicySpec, ImageRepositorySpec, ImageUpdateAutomationSpec, Manifest, Problem } from './spec.ts'
import type { StoredObject } from './state.ts'
import { finding, type Code, type Finding } from './lint/codes.ts'
import { inertIn } from './lint/places.ts'
import { aboutRule } from './lint/policies.ts'
import { suspectsIn } from './lint/stamp.ts'

export { codes as lintCodes, type Code as LintCode, type Finding, type Severity } from './lint/codes.ts'

export interface LintInput {
  /** Whatever holds the text `$imagepolicy`. */
  readonly files: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>
  readonly manifests: readonly Manifest[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Tags by the normal form of the image, of those images of which somebody has said them. */
  readonly tags?: ReadonlyMap<string, readonly string[]>
  /** Where kustomize moves manifests: the namespace that a file's objects end up in, and who says so. */
  readonly moved?: ReadonlyMap<string, { readonly namespace: string; readonly by: string }>
}

export function lint(input: LintInput): readonly Finding[] {
  const scene = sceneOf(input)
  const findings: Finding[] = [...problems(input)]
  const marked = new Set<string>()
  for (const { path, bytes } of input.files) {
    const found = suspectsIn(bytes)
    findings.push(...inertIn(path, bytes, found))
    if (!isCandidate(path)) continue
    for (const { marker, line } of found.suspects) {
      if (!marker) continue
      marked.add(marker.setter.split(':').slice(0, 2).join(':'))
      findings.push(...aboutMarker(marker, { path, line }, scene))
    }
  }
  findings.push(...aboutPolicies(scene, marked, input))
  return findings.sort(byPlace)
}

const byPlace = (a: Finding, b: Finding): number =>
  a.file === b.file ? a.line - b.line || (a.code < b.code ? -1 : 1) : a.file < b.file ? -1 : 1

const placeOf = (from: string): { readonly file: string; readonly line: number } => {
  const [, file = from, line = '1'] = /^(.*):(\d+)$/s.exec(from) ?? []
  return { file, line: Number(line) }
}

function problems({ problems: refused, warnings }: LintInput): readonly Finding[] {
  const say = ({ from, message, code }: Problem): Finding => {
    const { file, line } = placeOf(from)
    return finding(code === undefined || code === 'name' || code === 'variable' ? 'manifest' : code, file, line, message)
  }
  return [
    ...refused.map((each) => ({ ...say(each), severity: 'error' as const })),
    ...warnings.map((each) => ({ ...say(each), severity: 'warning' as const })),
  ]
}

interface Scene {
  readonly policies: ReadonlyMap<string, { readonly object: StoredObject; readonly image: string | undefined }>
  readonly automations: readonly StoredObject[]
  readonly derived: readonly Derived[]
  readonly from: ReadonlyMap<StoredObject, string>
}

/** The objects in the namespaces where they end up. */
function sceneOf({ manifests, moved }: LintInput): Scene {
  const settled = manifests.map((manifest) => {
    const to = moved?.get(placeOf(manifest.from).file)
    return to ? { ...manifest, namespace: to.namespace } : manifest
  })
  const objects = objectsOf(settled, 'lint')
  const imageOf = ({ namespace, spec }: StoredObject): string | undefined => {
    const ref = (spec as ImagePolicySpec).imageRepositoryRef
    const repository = objects.find(
      (each) => each.kind === 'ImageRepository' && each.name === ref.name && each.namespace === (ref.namespace ?? namespace),
    )
    return repository && (repository.spec as ImageRepositorySpec).image
  }
  return {
    policies: new Map(
      objects
        .filter(({ kind }) => kind === 'ImagePolicy')
        .map((object) => [`${object.namespace}:${object.name}`, { object, image: imageOf(object) }]),
    ),
    automations: objects.filter(({ kind }) => kind === 'ImageUpdateAutomation'),
    derived: derive(objects),
    from: new Map(objects.map((object, at) => [object, settled[at]?.from ?? ''])),
  }
}

interface At {
  readonly path: string
  readonly line: number
}

function aboutMarker({ setter, value }: Marker, { path, line }: At, { policies, automations }: Scene): readonly Finding[] {
  const say = (code: Code, message: string): readonly Finding[] => [finding(code, path, line, message)]
  const [namespace = '', name = '', part, ...more] = setter.split(':')
  if (namespace === '' || name === '' || more.length > 0 || (part !== undefined && !['name', 'tag', 'digest'].includes(part))) {
    const near = part === undefined ? undefined : nearest(part, ['name', 'tag', 'digest'])
    return say(
      'marker-part',
      `"${setter}" is nothing that a marker can name: write NAMESPACE:POLICY, with :name, :tag or :digest behind it or nothing${near === undefined ? '' : ` (did you mean ":${near}"?)`}`,
    )
  }
  const policy = policies.get(`${namespace}:${name}`)
  if (!policy)
    return say(
      'marker-unknown-policy',
      `there is no ImagePolicy "${name}" in namespace "${namespace}"${hint(name, `${namespace}:${name}`, policies)}`,
    )
  return [...aboutAutomations(policy.object, { path, line }, automations), ...aboutValue(value, part, policy, say)]
}

function hint(name: string, key: string, policies: Scene['policies']): string {
  const elsewhere = [...policies.keys()].find((each) => each.split(':')[1] === name)
  const near = elsewhere ?? nearest(key, [...policies.keys()])
  return near === undefined ? ': write the manifest, or remove the marker' : ` (did you mean "${near}"?)`
}

/** Where nobody has written an automation, another tool edits the files, and nothing can be said. */
function aboutAutomations(
  { namespace, name, labels }: StoredObject,
  { path, line }: At,
  automations: readonly StoredObject[],
): readonly Finding[] {
  if (automations.length === 0) return []
  const say = (code: Code, message: string): readonly Finding[] => [finding(code, path, line, message)]
  const near = automations.filter((each) => each.namespace === namespace)
  if (near.length === 0)
    return say(
      'marker-namespace',
      `no ImageUpdateAutomation is in namespace "${namespace}", and those of ${[...new Set(automations.map((each) => each.namespace))].join(', ')} do not write for its policies: move the policy or the automation`,
    )
  const covering = near.filter(({ spec }) => isWithin(path, fromRoot((spec as ImageUpdateAutomationSpec).update?.path)))
  if (covering.length === 0)
    return say(
      'marker-outside-path',
      `no ImageUpdateAutomation of namespace "${namespace}" looks here: their update.path is ${near.map(({ spec }) => (spec as ImageUpdateAutomationSpec).update?.path ?? '.').join(', ')}`,
    )
  const selects = ({ spec }: StoredObject): boolean => {
    const selector = prepareSelector((spec as ImageUpdateAutomationSpec).policySelector)
    return selector.ok && selector.matches(labels)
  }
  return covering.some(selects)
    ? []
    : say(
        'marker-not-selected',
        `the policySelector of ${covering.map((each) => each.name).join(', ')} leaves out ImagePolicy "${name}": label the policy, or widen the selector`,
      )
}

function aboutValue(
  value: string,
  part: string | undefined,
  { object, image }: { readonly object: StoredObject; readonly image: string | undefined },
  say: (code: Code, message: string) => readonly Finding[],
): readonly Finding[] {
  if (part === 'digest')
    return ((object.spec as ImagePolicySpec).digestReflectionPolicy ?? 'Never') === 'Never'
      ? say(
          'digest-never',
          `ImagePolicy "${object.name}" reflects no digests, so this value would be emptied: set digestReflectionPolicy to Always or IfNotPresent`,
        )
      : []
  if (image === undefined || value === '') return []
  const whole = value.replace(/@sha256:.*$/, '').replace(/:[^/:]*$/, '')
  if (part === undefined && whole !== image)
    return say(
      'marker-other-value',
      `the whole value "${value}" would be replaced by ${image}:TAG: mark a value that is this image, or use :name and :tag`,
    )
  if (part === 'name' && value !== image)
    return say('marker-other-value', `the whole value "${value}" would be replaced by ${image}: mark a value that is this name`)
  if (part === 'tag' && /[/:=\s]/.test(value))
    return say(
      'marker-other-value',
      `the whole value "${value}" would be replaced by a tag alone: mark a value that is a tag, or leave :tag out`,
    )
  return []
}

function aboutPolicies(
  { policies, derived, from }: Scene,
  marked: ReadonlySet<string>,
  { tags, moved, manifests }: LintInput,
): readonly Finding[] {
  const at = (object: StoredObject, code: Code, message: string): Finding => {
    const { file, line } = placeOf(from.get(object) ?? '')
    return finding(code, file, line, `ImagePolicy "${object.name}": ${message}`)
  }
  const findings: Finding[] = []
  for (const [key, { object }] of policies)
    if (!marked.has(key))
      findings.push(at(object, 'policy-unmarked', `no marker names it: write # {"$imagepolicy": "${key}"} behind an image, or remove it`))
  for (const each of derived) {
    if (each.of.kind !== 'ImagePolicy') continue
    if ('trouble' in each) findings.push(at(each.of, 'policy-broken', each.trouble.message))
    if (!('watch' in each)) continue
    for (const [code, message] of aboutRule(each.watch, tags?.get(each.watch.image))) findings.push(at(each.of, code, message))
  }
  for (const { kind, name, namespace, from: place } of manifests) {
    const { file, line } = placeOf(place)
    const to = moved?.get(file)
    if (kind === 'ImagePolicy' && to && to.namespace !== namespace)
      findings.push(
        finding(
          'policy-moved',
          file,
          line,
          `ImagePolicy "${name}": ${to.by} puts it into namespace "${to.namespace}", not "${namespace}": markers must say "${to.namespace}:${name}"; write that namespace here, too`,
        ),
      )
  }
  return findings
}

/** Whether a file is worth asking: by name it is configuration, by content it speaks of markers. */
export const mayBeConfiguration = (path: string): boolean =>
  /\.(?:ya?ml|json|jsonnet|cue|tf|tfvars|hcl|env|toml|properties|tpl|tmpl|gotmpl|j2)(?:\.\w+)?$/i.test(path) ||
  /(?:^|\/)kustomization$/i.test(path)
