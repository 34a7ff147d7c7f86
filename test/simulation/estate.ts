// What is configured and what stands in Git when a run begins: images, policies of several kinds, two scopes, automations that share a
// branch, two repositories.
import type { Dice } from './dice.ts'
import type { Rule } from './oracle.ts'

export const registryHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
export const namespace = 'flux-system'
export const scopes = ['default', 'other'] as const
export type Scope = (typeof scopes)[number]
/** Branches: `main` unless it says otherwise. */
export const gitRepos = ['demo/fleet', 'demo/infra', 'demo/apps', 'demo/apps@updates'] as const
export type GitRepoName = (typeof gitRepos)[number]

export interface Policy {
  readonly scope: Scope
  readonly image: string
  rule: Rule
  /** Deleted, for now. */
  gone?: boolean
}
export interface Automation {
  readonly scope: Scope
  readonly name: string
  readonly gitRepo: GitRepoName
  /** Within the repository, without a slash at either end; '' is all of it. */
  readonly path: string
  suspended: boolean
  gone?: boolean
}
export interface Estate {
  readonly images: readonly string[]
  readonly policies: readonly Policy[]
  readonly automations: readonly Automation[]
  /** The first tag of each image. */
  readonly first: ReadonlyMap<string, string>
  readonly files: Readonly<Record<GitRepoName, Readonly<Record<string, string>>>>
}

export const ranges = [
  { is: 'semver', range: '>=1.0.0', from: [1, 0, 0], below: [Infinity, 0, 0] },
  { is: 'semver', range: '1.x', from: [1, 0, 0], below: [2, 0, 0] },
  { is: 'semver', range: '>=1.0.0 <1.5.0', from: [1, 0, 0], below: [1, 5, 0] },
] as const satisfies readonly Rule[]

export function estate(dice: Dice, images = 24): Estate {
  const names = Array.from({ length: images }, (_, at) => `app-${String(at).padStart(2, '0')}`)
  const ruleOf = (at: number): Rule => {
    switch (at % 6) {
      case 0:
      case 1:
        return dice.pick(ranges)
      case 2:
        return { is: 'stamped' }
      case 3:
        return { is: 'text', order: at % 4 === 1 ? 'asc' : 'desc' }
      case 4:
        return { is: 'number' }
      default:
        return at % 12 === 5 ? { is: 'digest' } : { is: 'text', order: 'asc', pinned: true }
    }
  }
  const policies = names.flatMap((image, at): readonly Policy[] => {
    const rule = ruleOf(at)
    const other = rule.is === 'semver' ? dice.pick(ranges) : rule
    return [{ scope: 'default', image, rule }, ...(at % 2 === 0 ? [{ scope: 'other' as const, image, rule: other }] : [])]
  })
  const first = new Map(names.map((image, at) => [image, firstTag(ruleOf(at))]))
  return { images: names, policies, first, automations: automations(), files: files(names, first) }
}

const automations = (): readonly Automation[] => [
  { scope: 'default', name: 'apps-a', gitRepo: 'demo/fleet', path: 'clusters/a', suspended: false },
  { scope: 'default', name: 'apps-b', gitRepo: 'demo/fleet', path: 'clusters/b', suspended: false },
  { scope: 'other', name: 'apps-a', gitRepo: 'demo/fleet', path: 'clusters/other', suspended: false },
  { scope: 'default', name: 'infra', gitRepo: 'demo/infra', path: '', suspended: false },
  { scope: 'default', name: 'updates', gitRepo: 'demo/apps@updates', path: 'svc', suspended: false },
]

function firstTag({ is }: Rule): string {
  switch (is) {
    case 'semver':
      return '1.0.0'
    case 'stamped':
      return 'main-0000000-1000'
    case 'number':
      return '100'
    case 'text':
      return 'rel-500000'
    case 'digest':
      return 'stable'
  }
}

/** Files of this name may be executed: their commits cannot go the one-call way. */
export const executable = 'run.yaml'

/** Spread so that each path sees some images, and some images are seen from two. */
function files(images: readonly string[], first: ReadonlyMap<string, string>): Estate['files'] {
  const fleet: Record<string, string> = { 'README.md': '# fleet\n', 'clusters/a/notes.yaml': '# no markers here\na: 1\n' }
  const infra: Record<string, string> = { 'README.md': '# infra\n' }
  const apps: Record<string, string> = { 'README.md': '# apps\n' }
  const all: string[] = []
  images.forEach((image, at) => {
    const tag = first.get(image) ?? ''
    if (at % 3 !== 1) fleet[`clusters/a/${image}.yaml`] = deployment(image, tag)
    if (at % 3 !== 0) fleet[`clusters/b/${image}.yaml`] = kustomization(image, tag)
    if (at % 2 === 0) fleet[`clusters/other/${image}.yaml`] = deployment(image, tag)
    if (at % 4 === 0) infra[`${image}/${at % 8 === 4 ? executable : 'values.yaml'}`] = deployment(image, tag)
    if (at % 3 === 2) apps[`svc/${image}.yaml`] = deployment(image, tag)
    if (at % 5 === 0) all.push(deployment(image, tag))
  })
  fleet['clusters/a/all.yaml'] = all.join('---\n')
  return { 'demo/fleet': fleet, 'demo/infra': infra, 'demo/apps': apps, 'demo/apps@updates': {} }
}

export const marker = (image: string, part = ''): string => `# {"$imagepolicy": "${namespace}:${image}${part}"}`

export const deployment = (image: string, tag: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${image}   # as it was
spec:
  template:
    spec:
      containers:
        - name: ${image}
          image: ${registryHost}/${image}:${tag} ${marker(image)}
`
export const kustomization = (image: string, tag: string): string => `kind: Kustomization
images:
  - name: ${image}
    newTag: "${tag}" ${marker(image, ':tag')}
`

export interface Gone {
  readonly scope: Scope
  readonly namespace: string
  readonly kind: 'ImageUpdateAutomation' | 'ImagePolicy'
  readonly name: string
}
/** What somebody has deleted. */
export const goneFrom = (scope: Scope, { policies, automations: all }: Pick<Estate, 'policies' | 'automations'>): readonly Gone[] => [
  ...all.flatMap((each) =>
    each.scope === scope && each.gone ? [{ scope, namespace, kind: 'ImageUpdateAutomation' as const, name: each.name }] : [],
  ),
  ...policies.flatMap((each) =>
    each.scope === scope && each.gone ? [{ scope, namespace, kind: 'ImagePolicy' as const, name: each.image }] : [],
  ),
]

/** As users write them. */
export function manifestsOf(scope: Scope, { policies, automations: all }: Pick<Estate, 'policies' | 'automations'>): string {
  const own = all.filter((automation) => automation.scope === scope && !automation.gone)
  return [
    ...[...new Set(own.map(({ gitRepo }) => repositoryOf(gitRepo)))].map(gitRepository),
    ...own.map(automationManifest),
    ...policies
      .filter((policy) => policy.scope === scope && !policy.gone)
      .flatMap((policy) => [imageRepository(policy), policyManifest(policy)]),
  ].join('\n---\n')
}

const gitRepository = (gitRepo: string): string => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${nameOf(gitRepo)}, namespace: ${namespace} }
spec: { interval: 1m, url: 'https://github.com/${gitRepo}', ref: { branch: main }, secretRef: { name: git } }`

const automationManifest = ({ name, gitRepo, path, suspended }: Automation): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  interval: 5m
  suspend: ${suspended}
  sourceRef: { kind: GitRepository, name: ${nameOf(repositoryOf(gitRepo))} }
  git:
    checkout: { ref: { branch: main } }
    commit: { author: { name: bot, email: bot@example.com }, messageTemplate: '{{ range .Changed.Changes }}{{ .NewValue }} {{ end }}' }
    push: { branch: ${branchOf(gitRepo)} }
  update: { strategy: Setters, path: './${path}' }`

const imageRepository = ({ image }: Policy): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${image}, namespace: ${namespace} }
spec: { image: '${registryHost}/${image}', interval: 5m, provider: aws }`

const policyManifest = ({ image, rule }: Policy): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${image}, namespace: ${namespace} }
spec: { imageRepositoryRef: { name: ${image} }, ${specOf(rule)} }`

function specOf(rule: Rule): string {
  switch (rule.is) {
    case 'semver':
      return `policy: { semver: { range: '${rule.range}' } }`
    case 'stamped':
      return `filterTags: { pattern: '^main-[0-9a-f]{7}-(?P<ts>[0-9]+)$', extract: '$ts' }, policy: { numerical: { order: asc } }`
    case 'number':
      return `policy: { numerical: { order: asc } }`
    case 'text':
      return `filterTags: { pattern: '^rel-[0-9]{6}$' }, policy: { alphabetical: { order: ${rule.order} } }${rule.pinned ? ', digestReflectionPolicy: IfNotPresent' : ''}`
    case 'digest':
      return `filterTags: { pattern: '^stable$' }, policy: { alphabetical: { order: asc } }, digestReflectionPolicy: Always, interval: 5m`
  }
}

export const repositoryOf = (gitRepo: GitRepoName): string => gitRepo.split('@')[0] ?? gitRepo
export const branchOf = (gitRepo: GitRepoName): string => gitRepo.split('@')[1] ?? 'main'
const nameOf = (gitRepo: string): string => gitRepo.replace('/', '-')
