// Whether everything that a commit needs is there: asked of the table and of Git, and nothing written.
import { derive } from '../core/derive.ts'
import { Failure } from '../core/failure.ts'
import { conditionsOf } from '../core/resource.ts'
import { targetKey, type StoredObject, type TargetId } from '../core/state.ts'
import type { World } from '../ports.ts'
import { configured } from './gather.ts'

type Checking = Pick<World, 'store' | 'git' | 'clock'>

export type Checked =
  | { readonly is: 'begun'; readonly text: string }
  | { readonly is: 'fine' | 'failed' | 'unsure'; readonly text: string; readonly help?: string }

/** One question after the other, each told as soon as it is answered; a failure does not end it. */
export async function* check(scope: string, world: Checking): AsyncGenerator<Checked> {
  yield { is: 'begun', text: 'checking the table' }
  let objects: readonly StoredObject[]
  try {
    objects = (await world.store.shelf(scope)).objects
  } catch (error) {
    // Nothing else can be found without it.
    yield failed('table', error)
    return
  }
  if (objects.length === 0) {
    yield {
      is: 'failed',
      text: `the table holds no objects of scope "${scope}"`,
      help: 'apply manifests (tagboat apply -f), or name another --scope',
    }
    return
  }
  yield { is: 'fine', text: `the table can be read: ${objects.length} objects of scope "${scope}"` }
  yield* checkGit(objects, world)
  yield* checkImages(objects)
}

async function* checkGit(objects: readonly StoredObject[], world: Checking): AsyncGenerator<Checked> {
  yield { is: 'begun', text: 'checking Git' }
  const derived = derive(objects)
  for (const each of derived)
    if (each.of.kind === 'ImageUpdateAutomation' && 'trouble' in each) {
      const { namespace, name } = each.of
      yield { is: 'failed', text: `image update ${namespace}/${name}: ${each.trouble.message}`, help: 'change the object (docs/spec)' }
    }
  const targets = new Map(derived.flatMap((each) => ('route' in each ? [[targetKey(each.route.target), each.route.target] as const] : [])))
  if (targets.size === 0) yield { is: 'unsure', text: 'no automation writes anywhere: chosen tags stay in the table' }
  for (const target of targets.values()) yield* checkTarget(target, world)
}

async function* checkTarget(target: TargetId, world: Checking): AsyncGenerator<Checked> {
  const { owner, repository, branch } = target
  const what = `${owner}/${repository}@${branch}`
  try {
    const { place, proposal, start } = await configured({ id: target, intents: [] }, world)
    if (!place) {
      yield { is: 'failed', text: `${what}: nobody has taken up its automation yet`, help: 'apply its manifests again' }
      return
    }
    // Its secret and its credential are what is tried first. A branch that we make is not there yet.
    const read = proposal?.base ?? branch
    const look = await world.git.look(place, read, { trees: [], files: [], depth: 1 })
    if (look.found) yield { is: 'fine', text: `${what}: the credential is good, ${read} is at ${look.head.slice(0, 7)}` }
    else if (look.why === 'no-branch' && start) yield { is: 'fine', text: `${what}: the credential is good, the branch will be made` }
    else {
      const help =
        look.why === 'no-branch' ? 'make the branch, or name another' : 'name it as GitHub does, and give the credential access to it'
      yield {
        is: 'failed',
        text: `${what}: ${look.why === 'no-branch' ? `there is no branch ${read}` : 'there is no such repository'}`,
        help,
      }
      return
    }
    const { archived, canPush, blockers, hostTime } = await world.git.access(place, branch)
    if (archived) yield { is: 'failed', text: `${what}: the repository is archived`, help: 'unarchive it, or suspend the automation' }
    if (!canPush)
      yield { is: 'failed', text: `${what}: the credential may not write`, help: 'give it "Contents: write", or take another one' }
    for (const { ruleset, rules } of blockers)
      yield {
        is: 'failed',
        text: `${what}: ruleset "${ruleset}" lets no commit through (${rules.join(', ')})`,
        help: 'add the App to its bypass list, or deliver by pull request (a PromotionRule)',
      }
    if (!archived && canPush && blockers.length === 0) yield { is: 'fine', text: `${what}: commits may be made` }
    if (proposal) {
      await world.git.pulls.of(place, branch)
      yield { is: 'fine', text: `${what}: pull requests can be reached` }
    }
    const off = hostTime === undefined ? 0 : Math.round((world.clock.now() - hostTime) / 1000)
    if (Math.abs(off) > mostSeconds)
      yield {
        is: 'failed',
        text: `the clock here is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} that of ${target.host}`,
        help: 'set it: GitHub refuses an App whose clock is wrong',
      }
  } catch (error) {
    yield failed(what, error)
  }
}

/** An App's token may be asked for from a minute ahead at most. */
const mostSeconds = 60

function* checkImages(objects: readonly StoredObject[]): Generator<Checked> {
  yield { is: 'begun', text: 'checking images' }
  for (const object of objects.filter(({ kind }) => kind === 'ImageRepository')) {
    const what = `image repository ${object.namespace}/${object.name}`
    const ready = conditionsOf(object).find(({ type }) => type === 'Ready')
    if ((object.spec as { readonly suspend?: boolean }).suspend)
      yield { is: 'unsure', text: `${what} is suspended`, help: 'tagboat resume image repository' }
    else if (ready?.status === 'True') yield { is: 'fine', text: `${what}: ${ready.message}${scannedAt(object)}` }
    else if (ready?.status === 'False')
      yield { is: 'failed', text: `${what}: ${ready.message}`, help: 'mend it, then tagboat reconcile image repository' }
    else yield { is: 'unsure', text: `${what} was not scanned yet`, help: 'tagboat reconcile image repository' }
  }
}

function scannedAt({ status }: StoredObject): string {
  const at = (status['lastScanResult'] as { readonly scanTime?: string } | undefined)?.scanTime
  return at === undefined ? '' : `, last scanned ${at}`
}

/** A Failure's own words say what to do. */
function failed(what: string, error: unknown): Checked {
  if (error instanceof Failure) return { is: 'failed', text: `${what}: ${error.message}` }
  throw error
}
