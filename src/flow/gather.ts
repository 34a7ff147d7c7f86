// All facts that a decision about a target needs: configuration and selections from the table, files from Git.
import { fromRoot } from '../core/paths.ts'
import { outdated, wanted, type TreeIndex } from '../core/marked.ts'
import { checkoutOf, pushBranchOf, type Checkout } from '../core/checkout.ts'
import { deliveryOf, isObserved, proposalBranch, type Delivery, type PullRequestWish } from '../core/delivery.ts'
import { policyRef, type AutomationFacts, type PolicyFacts, type Situation } from '../core/plan.ts'
import { refspecOf, type AlsoPushed } from '../core/refspec.ts'
import { milliseconds, type GitRepositorySpec, type ImageUpdateAutomationSpec } from '../core/spec.ts'
import { policyKey, type Credential, type PolicyId, type StoredObject, type Target, type TargetId } from '../core/state.ts'
import type { AtCommit, GitPlace, Shelf, World } from '../ports.ts'
import { contents, read, type ReadAnswer, type Reading } from './read.ts'

type Gathering = Pick<World, 'git' | 'store' | 'memory' | 'clock'>

/** What the table says: read before Git is, and after `asked` was. */
export interface Configured {
  readonly target: TargetId
  readonly place?: GitPlace
  /** Where the branch starts if it has to be made; absent: it has to be there already. */
  readonly start?: Checkout
  /** The branch is one of a pull request to this other one. */
  readonly proposal?: { readonly base: string; readonly wish: PullRequestWish }
  readonly automations: readonly Automation[]
}
export interface Automation {
  readonly object: StoredObject
  readonly policies: readonly PolicyFacts[]
  readonly delivery: Delivery
  readonly alsoPushed?: AlsoPushed
}

export async function configured(
  { id: target, intents, pull }: Pick<Target, 'id' | 'intents' | 'pull'>,
  world: Pick<World, 'store'>,
): Promise<Configured> {
  const routes = await world.store.routes(target)
  const namespaces = new Map<string, Shelf>()
  for (const {
    automation: { scope, namespace },
  } of routes) {
    const key = `${scope}/${namespace}`
    if (!namespaces.has(key)) namespaces.set(key, await world.store.shelf(scope, namespace))
  }
  const automations: (Automation & { readonly git: StoredObject })[] = []
  for (const { automation } of routes) {
    const shelf = namespaces.get(`${automation.scope}/${automation.namespace}`)
    const object = shelf?.objects.find((each) => each.kind === 'ImageUpdateAutomation' && each.name === automation.name)
    const git = shelf && object && (await gitRepositoryOf(object, shelf, world))
    if (shelf && object && git)
      automations.push({
        object,
        git,
        policies: policiesOf(automation, shelf),
        delivery: deliveryOf(object, shelf.objects),
        ...alsoPushedOf(object, git),
      })
  }
  // An intent outlives its automation: what opened the repository then still tells whether it landed.
  const credential = automations[0] ? credentialOf(automations[0].git) : (intents[0]?.credential ?? pull?.credential)
  const { host, owner, repository } = target
  return {
    target,
    automations: automations.sort((a, b) => (policyKey(a.object) < policyKey(b.object) ? -1 : 1)),
    ...(credential && { place: { host, owner, repository, credential, ...(automations[0] && timeoutOf(automations[0].git)) } }),
    ...startOf(automations[0], target),
    ...proposalOf(automations[0], target),
  }
}

function alsoPushedOf(automation: StoredObject, git: StoredObject): Pick<Automation, 'alsoPushed'> {
  const refspec = refspecOf(automation.spec as ImageUpdateAutomationSpec, git.spec as GitRepositorySpec)
  return refspec.ok && refspec.also ? { alsoPushed: refspec.also } : {}
}

function proposalOf(
  automation: (Automation & { readonly git: StoredObject }) | undefined,
  { branch }: TargetId,
): Pick<Configured, 'proposal'> {
  const wish = automation?.delivery.pullRequest
  if (!wish || branch !== proposalBranch(automation.object)) return {}
  const base = pushBranchOf(automation.object.spec as ImageUpdateAutomationSpec, automation.git.spec as GitRepositorySpec)
  return base === undefined ? {} : { proposal: { base, wish } }
}

/** As in Flux, a push branch other than the one that is checked out is made when it is missing. */
function startOf(
  automation: { readonly object: StoredObject; readonly git: StoredObject } | undefined,
  { branch }: TargetId,
): Pick<Configured, 'start'> {
  if (!automation) return {}
  const start = checkoutOf(automation.object.spec as ImageUpdateAutomationSpec, automation.git.spec as GitRepositorySpec)
  return start.is === 'branch' && start.name === branch ? {} : { start }
}

/** What Git says: `likely` files come with the head, in one request. */
export function readGit(
  { target, place, automations }: Configured & { readonly place: GitPlace },
  wish: { readonly since?: string | undefined; readonly believe: boolean; readonly depth?: number; readonly at?: AtCommit },
  world: Gathering,
): Promise<ReadAnswer> {
  const values = wanted(automations.flatMap(({ policies }) => policies.map(policyRef)))
  const paths = [...new Set(automations.map(({ object }) => pathOf(object)))]
  const likely = (index: TreeIndex) => outdated(index.files, values).map(({ path }) => path)
  return read({ target, place, paths, likely, ...wish }, world)
}

/** Both together, as the decision wants them. */
export async function situation(
  { target, place, automations }: Configured & { readonly place: GitPlace },
  reading: Reading,
  world: Gathering & { readonly mode?: 'observe' | 'write' },
): Promise<Situation> {
  const facts: AutomationFacts[] = []
  for (const { object, policies, delivery, alsoPushed } of automations) {
    const index = reading.trees.get(pathOf(object))
    const values = wanted(policies.map(policyRef))
    const files = index ? outdated(index.files, values) : []
    const bytes = await contents(place, files, world)
    facts.push({
      id: { scope: object.scope, namespace: object.namespace, name: object.name },
      spec: object.spec as ImageUpdateAutomationSpec,
      delivery,
      ...(alsoPushed && { alsoPushed }),
      observed: world.mode === 'observe' || isObserved(object),
      policies,
      at: index?.is ?? 'nothing',
      files: files.flatMap(({ path, mode }) => {
        const content = bytes.get(path)
        return content ? [{ path, mode, bytes: content }] : []
      }),
    })
  }
  return { target, automations: facts }
}

export const pathOf = (automation: StoredObject): string => fromRoot((automation.spec as ImageUpdateAutomationSpec).update?.path)

function policiesOf(automation: PolicyId, shelf: Shelf): readonly PolicyFacts[] {
  return shelf.objects
    .filter((object) => object.kind === 'ImagePolicy' && object.namespace === automation.namespace)
    .map((object) => {
      const selection = shelf.selections.find(({ policy }) => policy.namespace === object.namespace && policy.name === object.name)
      return {
        id: { scope: object.scope, namespace: object.namespace, name: object.name },
        labels: object.labels,
        latestRef: selection?.latestRef,
        cause: selection?.cause,
      }
    })
}

async function gitRepositoryOf(automation: StoredObject, shelf: Shelf, { store }: Pick<World, 'store'>): Promise<StoredObject | undefined> {
  const { name, namespace = automation.namespace } = (automation.spec as ImageUpdateAutomationSpec).sourceRef
  if (namespace !== automation.namespace) return store.object({ scope: automation.scope, namespace, kind: 'GitRepository', name })
  return shelf.objects.find((each) => each.kind === 'GitRepository' && each.name === name)
}

function credentialOf(git: StoredObject): Credential {
  const { secretRef, proxySecretRef } = git.spec as GitRepositorySpec
  return {
    scope: git.scope,
    namespace: git.namespace,
    ...(secretRef && { secret: secretRef.name }),
    ...(proxySecretRef && { proxySecret: proxySecretRef.name }),
  }
}

/** Flux gives this to the whole of its work with Git, we to each request, of which a promotion is one or two. It only shortens: a read is asked for three times, and the function ends after two minutes. */
function timeoutOf({ spec }: StoredObject): { readonly timeout?: number } {
  const { timeout } = spec as GitRepositorySpec
  return timeout === undefined ? {} : { timeout: Math.min(longestTimeout, Math.max(1_000, milliseconds(timeout))) }
}
const longestTimeout = 30_000
