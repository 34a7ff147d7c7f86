// The branches, followed move by move: who moved them, what each commit of ours changed, and that not one byte of people's was lost.
import type { Files, GithubBox, Scene } from '../../src/local/github.ts'
import { executable, registryHost, type Automation, type Estate, type GitRepoName } from './estate.ts'
import type { Ledger } from './ledger.ts'
import type { Landing } from './wire.ts'
import { fits, isBetter } from './oracle.ts'
import type { Shop } from './shop.ts'

/** A marker as it stands in a file. */
export interface Standing {
  readonly path: string
  readonly line: number
  readonly image: string
  readonly part: '' | ':tag'
  readonly tag: string
  readonly digest?: string
}
export interface Landed {
  readonly id: string
  readonly oid: string
  readonly at: number
}
export interface Branches {
  readonly scene: (gitRepo: GitRepoName) => Scene
  readonly markers: (gitRepo: GitRepoName) => readonly Standing[]
  /** Commits of ours that stand in the branch, newest last. */
  readonly standing: (gitRepo: GitRepoName) => readonly Landed[]
  /** All that ever landed, by id. */
  readonly landed: ReadonlyMap<string, string>
  readonly commits: () => number
  /** Whenever a commit of ours moves a marker. */
  readonly onMoved: (listener: (image: string, tag: string) => void) => void
  readonly peopleActed: () => number
  /** The oids of the branch, newest last. */
  readonly history: (gitRepo: GitRepoName) => readonly string[]
}

interface Followed {
  readonly scene: Scene
  files: ReadonlyMap<string, { readonly oid: string; readonly text: string }>
  readonly chain: { oid: string; id?: string; at: number }[]
  /** `path line` of markers that we wrote last. */
  readonly ours: Set<string>
}

export function followBranches({
  github,
  estate,
  shop,
  ledger,
  now,
  since,
  intended,
  bound,
  landing,
}: {
  readonly github: GithubBox
  readonly estate: Estate
  readonly shop: Shop
  readonly ledger: Ledger
  readonly now: () => number
  /** When this policy's configuration last changed. */
  readonly since: (scope: string, image: string) => number
  /** Whether what lands was written down first. */
  readonly intended: (id: string) => boolean
  /** Automations whose suspension or deletion is written, and since when. */
  readonly bound: ReadonlyMap<string, number>
  readonly landing: Landing
}): Branches {
  const landed = new Map<string, string>()
  const listeners: ((image: string, tag: string) => void)[] = []
  let commits = 0
  let acts = 0
  const followed = new Map<string, Followed>()
  const follow = (name: GitRepoName): Followed => {
    const known = followed.get(name)
    if (known) return known
    const [fullName = '', branch] = name.split('@')
    const scene =
      branch === undefined
        ? github.createRepository({
            owner: 'demo',
            name: name.slice('demo/'.length),
            files: withModes(estate.files[name]),
            message: 'Begin',
          })
        : onBranch(follow(fullName as GitRepoName).scene, branch)
    const head = scene.head()
    const chain = head === undefined ? [] : [{ oid: head, at: now() }]
    const fresh: Followed = { scene, files: read(scene, new Map()), chain, ours: new Set() }
    followed.set(name, fresh)
    return fresh
  }
  for (const name of Object.keys(estate.files) as GitRepoName[]) follow(name)

  github.onPush(({ gitRepo, ref, before, after, by }) => {
    const at = ref.slice('refs/heads/'.length)
    const name = (at === 'main' ? gitRepo.fullName() : `${gitRepo.fullName()}@${at}`) as GitRepoName
    const branch = followed.get(name)
    if (!branch) return ledger.violation(`${name} is pushed to, and nobody asked for that`)
    const tip = branch.scene.tip()
    if (!tip || after === null) {
      ledger.line(`${name} is removed`)
      ledger.happened(`${name} is removed`)
      branch.chain.length = 0
      branch.ours.clear()
      branch.files = new Map()
      return
    }
    if (before === null && by === 'tagboat') {
      ledger.count('reached', 'branch-made')
      if (!followed.get(gitRepo.fullName())?.chain.some(({ oid }) => oid === after))
        ledger.violation(`${name} is made from ${after.slice(0, 7)}, which never stood on the branch that is checked out`)
    }
    const files = read(branch.scene, branch.files)
    const ids = [...tip.message.matchAll(/^Tagboat-Id: (\S+)$/gm)].map(([, id = '']) => id)
    const [id] = ids
    if (by === 'tagboat' && id !== undefined && before !== null) ours(name, branch, { oid: after, id, before, parents: tip.parents, files })
    else {
      acts++
      ledger.line(`${name} is moved by a person to ${after.slice(0, 7)}`)
      ledger.happened(`${name} is moved to ${after}`)
      const there = branch.chain.findIndex(({ oid }) => oid === after)
      if (there >= 0) {
        branch.chain.splice(there + 1)
        branch.ours.clear()
      } else branch.chain.push({ oid: after, at: now() })
      for (const key of changedMarkers(branch.files, files)) branch.ours.delete(key)
    }
    branch.files = files
  })

  function ours(
    name: GitRepoName,
    branch: Followed,
    commit: {
      readonly oid: string
      readonly id: string
      readonly before: string | null
      readonly parents: readonly string[]
      readonly files: Followed['files']
    },
  ): void {
    const { oid, id, files } = commit
    commits++
    const bad = (why: string) => ledger.violation(`commit ${oid.slice(0, 7)} (${id}) on ${name}: ${why}`)
    if (landed.has(id)) bad('its id has landed before')
    if (!intended(id)) bad('it was not written down first, or given up since')
    landed.set(id, oid)
    if (commit.parents.length !== 1 || commit.parents[0] !== commit.before) bad('it is not a child of the head that was there')
    branch.chain.push({ oid, id, at: now() })
    const paths = new Set([...branch.files.keys(), ...files.keys()])
    const changed = [...paths].filter((path) => branch.files.get(path)?.oid !== files.get(path)?.oid)
    if (changed.length === 0) bad('it changes nothing')
    const writers = new Set<Automation>()
    for (const path of changed) {
      const was = branch.files.get(path)?.text
      const is = files.get(path)?.text
      if (was === undefined || is === undefined) {
        bad(`${path} ${was === undefined ? 'appears' : 'is gone'}`)
        continue
      }
      if (withoutMarkers(was) !== withoutMarkers(is)) bad(`${path} changed beside its markers`)
      const automation = estate.automations.find((each) => each.gitRepo === name && (each.path === '' || path.startsWith(`${each.path}/`)))
      if (!automation) bad(`${path} is outside every update.path`)
      else {
        writers.add(automation)
        const stopped = bound.get(`${automation.scope}/${automation.name}`)
        if (stopped !== undefined && stopped < landing.gathered)
          bad(`${automation.name} was suspended or deleted ${landing.gathered - stopped} ms before its configuration was read`)
        moved(bad, automation, branch, { path, was, is })
      }
    }
    if (changed.length > 1) ledger.count('reached', 'several-files')
    if (writers.size > 1) bad('it changes files of two automations')
    ledger.line(`${name} gets ${oid.slice(0, 7)} ${id} ${changed.join(' ')}`)
    ledger.happened(`${name} gets ${oid} ${id}`)
  }

  function moved(
    bad: (why: string) => void,
    automation: Automation,
    branch: Followed,
    { path, was, is }: { readonly path: string; readonly was: string; readonly is: string },
  ): void {
    const before = markersIn(path, was)
    for (const [at, marker] of markersIn(path, is).entries()) {
      const old = before[at]
      if (!old || (old.tag === marker.tag && old.digest === marker.digest)) continue
      const key = `${path} ${marker.line}`
      const policy = estate.policies.find(({ scope, image }) => scope === automation.scope && image === marker.image)
      const { rule } = policy ?? {}
      if (rule?.is === 'text' && rule.pinned && old.tag === marker.tag && branch.ours.has(key))
        bad(`${path}: the digest of ${marker.image}:${marker.tag} moved, and the policy wants it only when it is not present`)
      if (!shop.ever(marker.image, marker.tag, marker.digest)) bad(`${path}: the registry never had ${marker.image}:${marker.tag}`)
      // Back to a worse tag while the better one is there, was there all the time, and nobody changed the rule or the file.
      if (
        rule &&
        branch.ours.has(key) &&
        fits(rule, old.tag) &&
        fits(rule, marker.tag) &&
        isBetter(rule, old.tag, marker.tag) &&
        shop.has(old.image, old.tag) &&
        now() - shop.changed(old.image, old.tag).deleted > 3_600_000 &&
        now() - since(automation.scope, marker.image) > 3_600_000
      )
        bad(`${path}: ${marker.image} goes back from ${old.tag} to ${marker.tag}, although ${old.tag} is there`)
      branch.ours.add(key)
      for (const listener of listeners) listener(marker.image, marker.tag)
    }
  }

  const of = (name: GitRepoName) => follow(name)
  return {
    scene: (name) => of(name).scene,
    markers: (name) => [...of(name).files].flatMap(([path, { text }]) => markersIn(path, text)),
    standing: (name) => of(name).chain.flatMap(({ id, oid, at }) => (id === undefined ? [] : [{ id, oid, at }])),
    history: (name) => of(name).chain.map(({ oid }) => oid),
    landed,
    commits: () => commits,
    onMoved: (listener) => void listeners.push(listener),
    peopleActed: () => acts,
  }
}

const withModes = (files: Readonly<Record<string, string>>): Files =>
  Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, path.endsWith(`/${executable}`) ? { mode: '100755', content } : content]),
  )

/** The same repository, one branch of it. */
const onBranch = (scene: Scene, branch: string): Scene => ({
  ...scene,
  commit: (wish) => scene.commit({ branch, ...wish }),
  head: () => scene.head(branch),
  read: (path) => scene.read(path, branch),
  bytes: (path) => scene.bytes(path, branch),
  files: () => scene.files(branch),
  log: () => scene.log(branch),
  tip: () => scene.tip(branch),
})

function read(scene: Scene, known: Followed['files']): Followed['files'] {
  return new Map(
    [...scene.files()].map(([path, { oid }]) => {
      const before = known.get(path)
      return [path, before?.oid === oid ? before : { oid, text: scene.read(path) ?? '' }]
    }),
  )
}

const line = /^(\s*(?:image|newTag): "?)(\S+?)("? # \{"\$imagepolicy": "flux-system:([a-z0-9-]+)(:tag)?"\})$/

export function markersIn(path: string, text: string): readonly Standing[] {
  return text.split('\n').flatMap((each, at): readonly Standing[] => {
    const found = line.exec(each)
    if (!found) return []
    const [, , value = '', , image = '', part] = found
    if (part === ':tag') return [{ path, line: at, image, part, tag: value }]
    const [ref = '', digest] = value.split('@')
    const tag = ref.slice(`${registryHost}/${image}:`.length)
    return [{ path, line: at, image, part: '', tag, ...(digest !== undefined && { digest }) }]
  })
}

const withoutMarkers = (text: string): string =>
  text
    .split('\n')
    .map((each) => each.replace(line, '$1…$3'))
    .join('\n')

function changedMarkers(before: Followed['files'], after: Followed['files']): readonly string[] {
  return [...after].flatMap(([path, { oid, text }]) => {
    if (before.get(path)?.oid === oid) return []
    return markersIn(path, text).map((marker) => `${path} ${marker.line}`)
  })
}
