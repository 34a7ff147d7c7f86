// Everything that follows from the objects of a scope: who watches which image, who writes to which target. It can always be made again.
import { pushBranchOf } from './checkout.ts'
import { clashes, clashText, deliveryOf, proposalBranch, rulesFor } from './delivery.ts'
import { parseGitUrl } from './git-url.ts'
import { ecrImage, imageKey, parseImage } from './image.ts'
import { refspecOf } from './refspec.ts'
import type { GitRepositorySpec, ImagePolicySpec, ImageRepositorySpec, ImageUpdateAutomationSpec } from './spec.ts'
import type { PolicyId, Route, StoredObject, TargetId, Watch } from './state.ts'

/** Why an object cannot work, in Flux's words where Flux has some. */
export interface Trouble {
  readonly reason: string
  readonly message: string
  /** It will stay so until somebody changes the object. */
  readonly stalled: boolean
}
export type Derived =
  | { readonly of: StoredObject; readonly watch: Watch }
  | { readonly of: StoredObject; readonly route: Route; readonly generation: number }
  | { readonly of: StoredObject; readonly trouble: Trouble }

export function derive(objects: readonly StoredObject[]): readonly Derived[] {
  const known = new Map(objects.map((object) => [`${object.kind} ${object.namespace}/${object.name}`, object]))
  const find = (kind: string, namespace: string, name: string) => known.get(`${kind} ${namespace}/${name}`)
  return objects.flatMap((object): readonly Derived[] => {
    if (object.kind === 'ImagePolicy') {
      const { name, namespace } = (object.spec as ImagePolicySpec).imageRepositoryRef
      const own = find('Namespace', object.namespace, object.namespace)
      return [watchOf(object, find('ImageRepository', namespace ?? object.namespace, name), own)]
    }
    if (object.kind === 'ImageUpdateAutomation') {
      const { name, namespace } = (object.spec as ImageUpdateAutomationSpec).sourceRef
      return [routeOf(object, find('GitRepository', namespace ?? object.namespace, name), objects)]
    }
    return []
  })
}

function watchOf(policy: StoredObject, imageRepository: StoredObject | undefined, namespace: StoredObject | undefined): Derived {
  const spec = policy.spec as ImagePolicySpec
  const refused = (reason: string, message: string): Derived => ({
    of: policy,
    trouble: { reason, message: `failed to get the referred ImageRepository: ${message}`, stalled: false },
  })
  if (!imageRepository)
    return refused(
      'DependencyNotReady',
      `referenced ImageRepository does not exist: ${missing('ImageRepository.image', spec.imageRepositoryRef.name)}`,
    )
  const denied = accessProblem(policy, imageRepository, namespace)
  if (denied !== undefined) return refused('AccessDenied', `access denied: ${denied}`)
  const source = imageRepository.spec as ImageRepositorySpec
  const image = parseImage(source.image, { insecure: source.insecure ?? false })
  const key = imageKey(source.image)
  if (!image.ok || key === null)
    return {
      of: policy,
      trouble: { reason: 'ImageURLInvalid', message: image.ok ? `'${source.image}' names no image` : image.error, stalled: true },
    }
  return {
    of: policy,
    watch: {
      image: key,
      policy: idOf(policy),
      imageRepository: idOf(imageRepository),
      name: source.image,
      rule: {
        ...(source.exclusionList && { exclusionList: source.exclusionList }),
        ...(spec.filterTags && { filterTags: defined(spec.filterTags) }),
        policy: defined(spec.policy),
      },
      digest: spec.digestReflectionPolicy ?? 'Never',
      confirm: ecrImage(source.image) ? 'ecr' : 'scan',
      suspended: (spec.suspend ?? false) || (source.suspend ?? false),
      generation: Math.max(policy.generation, imageRepository.generation),
    },
  }
}

/** Every Namespace carries its own name as a label; of others we know what was applied. */
function accessProblem(policy: StoredObject, imageRepository: StoredObject, namespace: StoredObject | undefined): string | undefined {
  if (policy.namespace === imageRepository.namespace) return undefined
  const ref = `${imageRepository.namespace}/${imageRepository.name}`
  const access = (imageRepository.spec as ImageRepositorySpec).accessFrom
  if (!access) return `'${ref}' can't be accessed due to missing ACL labels on 'accessFrom'`
  const labels: Readonly<Record<string, string>> = { ...namespace?.labels, 'kubernetes.io/metadata.name': policy.namespace }
  const open = access.namespaceSelectors.some(({ matchLabels }) =>
    Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value),
  )
  return open ? undefined : `'${ref}' can't be accessed due to ACL labels mismatch on namespace '${policy.namespace}'`
}

function routeOf(automation: StoredObject, gitRepository: StoredObject | undefined, objects: readonly StoredObject[]): Derived {
  const spec = automation.spec as ImageUpdateAutomationSpec
  const source = (message: string, stalled = true): Derived => ({
    of: automation,
    trouble: { reason: stalled ? 'InvalidSourceConfiguration' : 'SourceManagerFailed', message, stalled },
  })
  if (!spec.git) return source("source kind 'GitRepository' necessitates field .spec.git: invalid source configuration")
  const ref = `${spec.sourceRef.namespace ?? automation.namespace}/${spec.sourceRef.name}`
  if (!gitRepository)
    return source(`referenced git repository does not exist: ${missing('GitRepository.source', spec.sourceRef.name)}`, false)
  const git = gitRepository.spec as GitRepositorySpec
  const url = parseGitUrl(git.url)
  if (!url.ok) return source(`GitRepository '${ref}': ${url.problem}`)
  const impossible = unpushable(spec, git)
  if (impossible !== undefined) return source(impossible)
  const branch = pushBranchOf(spec, git)
  if (!branch) return source('push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref', false)
  const rules = rulesFor(automation, objects)
  // Told when it is applied; here only if two were applied at the same moment.
  const [clash] = rules.length > 1 ? clashes([automation, ...rules]) : []
  if (clash) return { of: automation, trouble: { reason: 'InvalidDelivery', message: clashText(clash), stalled: true } }
  const { pullRequest } = deliveryOf(automation, rules)
  if (pullRequest && spec.git?.push?.refspec)
    return source(
      'spec.git.push.refspec: a pull request is delivered by merging it, and no other ref is moved with that; remove the field, or the pullRequest of the PromotionRule',
    )
  // GitHub compares names without regard to case: one repository, one target.
  const target: TargetId = {
    host: url.host.toLowerCase(),
    owner: url.owner.toLowerCase(),
    repository: url.repository.toLowerCase(),
    branch: pullRequest ? proposalBranch(idOf(automation)) : branch,
  }
  return {
    of: automation,
    route: { target, automation: idOf(automation) },
    generation: Math.max(automation.generation, gitRepository.generation, ...rules.map(({ generation }) => generation)),
  }
}

/** What a push can do and GitHub's API cannot: said, never overlooked. */
function unpushable(automation: ImageUpdateAutomationSpec, source: GitRepositorySpec): string | undefined {
  const options = Object.keys(automation.git?.push?.options ?? {})
  if (options.length > 0)
    return `spec.git.push.options (${options.join(', ')}): GitHub's API takes no push options; remove them, or keep this automation with Flux`
  const refspec = refspecOf(automation, source)
  return refspec.ok ? undefined : refspec.problem
}

/** As the API server of Kubernetes says it, and Flux after it. */
const missing = (kind: string, name: string): string => `${kind}.toolkit.fluxcd.io "${name}" not found`

const idOf = ({ scope, namespace, name }: StoredObject): PolicyId => ({ scope, namespace, name })

/** Without the keys whose value is undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
