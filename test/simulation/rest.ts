// What must be so when all is still: nothing is owed, every marker is right, history and commits explain each other.
import { queues } from '../../src/local/boxes.ts'
import type { Entry, Selection, Target } from '../../src/core/state.ts'
import type { Branches } from './branches.ts'
import { gitRepos, namespace, repositoryOf, scopes, type Estate, type GitRepoName } from './estate.ts'
import { rightTag } from './oracle.ts'
import type { Shop } from './shop.ts'
import type { Run } from './world.ts'

export interface Rest {
  /** What is not as it must be; may be a matter of minutes. */
  readonly wrong: readonly string[]
  /** Automations whose markers are not right yet. */
  readonly stale: readonly string[]
  readonly checked: number
  readonly selections: readonly Selection[]
}
export interface Resting {
  readonly run: Run
  readonly estate: Estate
  readonly shop: Shop
  readonly branches: Branches
  /** Commits since then are compared with the history. */
  readonly since: number
}

export async function atRest(resting: Resting): Promise<Rest> {
  const selections = await selectionsOf(resting)
  const markers = wrongMarkers(resting)
  const wrong = [
    ...markers.wrong,
    ...owedSelections(selections),
    ...(await resting.run.outside.store.targets()).flatMap(owedTarget),
    ...Object.values(queues).flatMap((name) => {
      const left = resting.run.boxes.sqs.queue(name).messages().length
      return left > 0 ? [`${left} messages in ${name}`] : []
    }),
    ...(await unexplained(resting)),
  ]
  return { wrong, stale: markers.stale, checked: markers.checked, selections }
}

async function selectionsOf({ run }: Resting): Promise<readonly Selection[]> {
  const shelves = await Promise.all(scopes.map((scope) => run.outside.store.shelf(scope)))
  return shelves.flatMap(({ selections }) => selections)
}

function wrongMarkers({ estate, branches, shop }: Resting): {
  readonly wrong: readonly string[]
  readonly stale: readonly string[]
  readonly checked: number
} {
  const wrong: string[] = []
  const stale = new Set<string>()
  let checked = 0
  for (const gitRepo of gitRepos) {
    // Where a branch is missing that only we make, there was nothing to do on the one that is checked out.
    const there = branches.scene(gitRepo).head() !== undefined
    for (const marker of branches.markers(there ? gitRepo : (repositoryOf(gitRepo) as GitRepoName))) {
      const automation = estate.automations.find(
        (each) => each.gitRepo === gitRepo && (each.path === '' || marker.path.startsWith(`${each.path}/`)),
      )
      const policy = estate.policies.find(({ scope, image }) => scope === automation?.scope && image === marker.image)
      if (!automation || automation.suspended || automation.gone || !policy || policy.gone) continue
      const right = rightTag(policy.rule, shop.tags(marker.image))
      if (right === undefined) continue
      checked++
      const digest = policy.rule.is === 'digest' && marker.part === '' ? shop.digest(marker.image, right) : undefined
      const pinned = policy.rule.is === 'text' && policy.rule.pinned === true && marker.part === ''
      const fits = pinned ? marker.digest !== undefined && shop.ever(marker.image, right, marker.digest) : marker.digest === digest
      if (marker.tag === right && fits) continue
      stale.add(`${automation.scope}/${automation.name}`)
      wrong.push(
        `${gitRepo} ${marker.path}:${marker.line + 1} says ${marker.image}:${marker.tag}${marker.digest ? `@${marker.digest.slice(0, 15)}` : ''}, right for ${policy.scope} is ${right}${digest ? `@${digest.slice(0, 15)}` : ''}`,
      )
    }
  }
  return { wrong, stale: [...stale], checked }
}

const owedSelections = (selections: readonly Selection[]): readonly string[] =>
  selections.flatMap(({ policy, delivered, revision, doubt, recent }) => {
    const name = `selection ${policy.scope}/${policy.name}`
    return [
      ...(delivered < revision ? [`${name}: delivered ${delivered} of revision ${revision}`] : []),
      ...(doubt ? [`${name} is in doubt`] : []),
      ...(recent.length > 0 && !doubt ? [`${name} has ${recent.length} notes that nobody will read`] : []),
    ]
  })

const owedTarget = ({ id, asked, done, intents }: Target): readonly string[] => {
  const name = `target ${id.owner}/${id.repository}`
  return [
    ...(asked > done ? [`${name}: asked ${asked}, done ${done}`] : []),
    ...(intents.length > 0 ? [`${name} has ${intents.length} intents`] : []),
  ]
}

/** Every commit of ours has an entry and was announced; every entry is a commit of ours that landed. */
async function unexplained({ run, branches, since }: Resting): Promise<readonly string[]> {
  const entries = new Map<string, Entry>()
  for (const scope of scopes) for (const entry of await entriesSince(run, scope, since - 600_000)) entries.set(entry.id, entry)
  const wrong: string[] = []
  for (const { id, outcome } of entries.values()) {
    if (outcome.is !== 'committed') wrong.push(`entry ${id} is no commit`)
    else if (branches.landed.get(id) !== outcome.commit)
      wrong.push(`entry ${id} tells of commit ${outcome.commit.slice(0, 7)}, which is ${branches.landed.get(id)?.slice(0, 7) ?? 'none'}`)
    if (!run.told.has(id)) wrong.push(`entry ${id} was never announced`)
  }
  for (const gitRepo of gitRepos)
    for (const { id, oid, at } of branches.standing(gitRepo))
      if (at >= since && !entries.has(id)) wrong.push(`commit ${oid.slice(0, 7)} (${id}) on ${gitRepo} has no entry`)
  return wrong
}

async function entriesSince({ outside }: Run, scope: string, since: number): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for (let before: string | undefined; ;) {
    const page = await outside.store.entries(scope, namespace, { limit: 100, ...(before !== undefined && { before }) })
    found.push(...page.entries)
    before = page.before
    if (before === undefined || (page.entries.at(-1)?.at ?? 0) < since) return found
  }
}
