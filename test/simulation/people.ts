// What people do meanwhile: push images, delete them, commit, revert, rewind, change the configuration.
import type { Branches, Standing } from './branches.ts'
import type { Dice } from './dice.ts'
import { branchOf, deployment, gitRepos, ranges, registryHost, type Estate, type GitRepoName, type Scope } from './estate.ts'
import type { Ledger } from './ledger.ts'
import { rightTag, type Rule } from './oracle.ts'
import type { Shop } from './shop.ts'

export interface People {
  /** One image pushed, now and then one that was there before. Answers with its name. */
  readonly push: () => Promise<string>
  /** Somebody works on a file of that image at this very moment. */
  readonly collide: (image: string) => void
  readonly remove: () => void
  /** A push event for a tag that was never there. */
  readonly forge: () => { readonly image: string; readonly tag: string }
  readonly actInGit: () => void
  /** The scope whose configuration is to be applied again. */
  readonly configure: () => Scope
}

export function people({
  estate,
  shop,
  branches,
  dice,
  ledger,
  configured,
}: {
  readonly estate: Estate
  readonly shop: Shop
  readonly branches: Branches
  readonly dice: Dice
  readonly ledger: Ledger
  readonly configured: (scope: Scope, image: string) => void
}): People {
  const nextTag = tagMaker(estate, dice)
  const anyBranch = () => dice.pick(gitRepos.filter((name) => branches.scene(name).head() !== undefined))
  let nth = 0
  return {
    push: async () => {
      const image = dice.pick(estate.images)
      const again = dice.chance(0.03) ? dice.pick(['', ...shop.tags(image)]) : ''
      const tag = again || nextTag(image)
      // The same image under another tag.
      const twin = !again && tag !== 'stable' && dice.chance(0.02) ? dice.pick(['', ...shop.tags(image)]) : ''
      ledger.line(`push ${image}:${tag}`)
      ledger.happened(`push ${image}:${tag}`)
      if (again) ledger.count('reached', 'pushed-again')
      if (twin) ledger.count('reached', 'tagged-again')
      await shop.push(image, tag, again || tag === 'stable' ? `content ${shop.pushes()}` : twin || tag)
      return image
    },
    collide: (image) => {
      const name = anyBranch()
      const path = branches.markers(name).find((marker) => marker.image === image)?.path
      if (path === undefined) return
      const scene = branches.scene(name)
      const text = scene.read(path) ?? ''
      nth++
      ledger.count('reached', 'person-collides')
      ledger.line(`a person works on ${path} in ${name}`)
      if (dice.chance(0.8)) scene.commit({ files: { [path]: `# worked on by a person ${nth}\n${text}` }, message: `Work ${nth}` })
      else scene.commit({ files: { [path]: null, [renamed(path, nth)]: text }, message: `Rename ${nth}` })
    },
    remove: () => {
      const image = dice.pick(estate.images)
      const [stored] = shop.archived(image)
      if (stored !== undefined && dice.chance(0.5)) {
        ledger.line(`restore ${image}:${stored}`)
        ledger.happened(`restore ${image}:${stored}`)
        ledger.count('reached', 'restored')
        return shop.archive(image, stored, false)
      }
      const tags = shop.tags(image)
      const policy = estate.policies.find((each) => each.image === image)
      const best = policy && rightTag(policy.rule, tags)
      const poison = policy?.rule.is === 'number' ? tags.find((tag) => !/^\d+$/.test(tag)) : undefined
      const tag = poison ?? (best !== undefined && dice.chance(0.4) ? best : dice.pick(['', ...tags]))
      // The last tag stays: with nothing to choose, what was chosen stays, and the oracle has nothing to say.
      if (tag === '' || tags.length < 3 || tag === estate.first.get(image)) return
      if (dice.chance(0.25) && stored === undefined) {
        ledger.line(`archive ${image}:${tag}`)
        ledger.happened(`archive ${image}:${tag}`)
        ledger.count('reached', 'archived')
        return shop.archive(image, tag, true)
      }
      ledger.line(`delete ${image}:${tag}`)
      ledger.happened(`delete ${image}:${tag}`)
      shop.remove(image, tag)
    },
    forge: () => ({ image: dice.pick(estate.images), tag: `9.9.${dice.whole(1, 999)}` }),
    actInGit: () => {
      const name = anyBranch()
      const own = branchOf(name) === 'main' ? [] : (['unbranch'] as const)
      const act = dice.pick([...acts, ...own])
      nth++
      ledger.count('reached', `person-${act}`)
      ledger.line(`a person: ${act} in ${name}`)
      actions[act]({ name, branches, shop, estate, dice, act: nth })
    },
    configure: () => {
      if (dice.chance(0.15)) {
        const automation = estate.automations.find(({ gone }) => gone) ?? dice.pick(estate.automations)
        const gone = !automation.gone
        automation.gone = gone
        ledger.did({ drop: `${automation.scope}/${automation.name}`, to: gone })
        ledger.line(`${gone ? 'delete' : 'bring back'} ${automation.scope}/${automation.name}`)
        ledger.count('reached', 'automation-deleted')
        return automation.scope
      }
      if (dice.chance(0.15)) {
        const policy = estate.policies.find(({ gone }) => gone) ?? dice.pick(estate.policies)
        const gone = !policy.gone
        policy.gone = gone
        ledger.did({ forget: `${policy.scope}/${policy.image}`, to: gone })
        ledger.line(`${gone ? 'delete' : 'bring back'} the policy ${policy.scope}/${policy.image}`)
        ledger.count('reached', 'policy-deleted')
        configured(policy.scope, policy.image)
        return policy.scope
      }
      if (dice.chance(0.5)) {
        const automation = dice.pick(estate.automations)
        ledger.count('reached', 'automation-suspended')
        automation.suspended = !automation.suspended
        ledger.did({ suspend: `${automation.scope}/${automation.name}`, to: automation.suspended })
        ledger.line(`${automation.suspended ? 'suspend' : 'resume'} ${automation.scope}/${automation.name}`)
        return automation.scope
      }
      const policy = dice.pick(estate.policies.filter(({ rule }) => rule.is === 'semver'))
      policy.rule = dice.pick(ranges)
      ledger.did({ rule: `${policy.scope}/${policy.image}`, to: policy.rule })
      ledger.line(`${policy.scope}/${policy.image} gets range ${policy.rule.range}`)
      configured(policy.scope, policy.image)
      return policy.scope
    },
  }
}

interface Acting {
  readonly name: GitRepoName
  readonly branches: Branches
  readonly shop: Shop
  readonly estate: Estate
  readonly dice: Dice
  readonly act: number
}
const acts = ['elsewhere', 'elsewhere', 'beside', 'revert', 'by-hand', 'rewind', 'add', 'remove', 'rename'] as const
type Act = 'unbranch' | 'elsewhere' | 'beside' | 'revert' | 'by-hand' | 'rewind' | 'add' | 'remove' | 'rename'

const actions: Readonly<Record<Act, (acting: Acting) => void>> = {
  unbranch: ({ name, branches }) => branches.scene(name).removeBranch(branchOf(name)),
  elsewhere: ({ name, branches, act }) => {
    const scene = branches.scene(name)
    scene.commit({ files: { 'docs/notes.md': `${scene.read('docs/notes.md') ?? ''}note ${act}\n` }, message: `Note ${act}` })
  },
  beside: ({ name, branches, dice, act }) => {
    const path = someFile(branches, name, dice)
    const scene = branches.scene(name)
    if (path !== undefined)
      scene.commit({ files: { [path]: `# seen by a person ${act}\n${scene.read(path) ?? ''}` }, message: `Look ${act}` })
  },
  revert: (acting) => {
    const { name, branches, shop, dice } = acting
    const standing = someMarker(branches, name, dice)
    if (standing) rewrite(acting, standing, dice.pick([standing.tag, ...shop.tags(standing.image)]), 'Back')
  },
  'by-hand': (acting) => {
    const { name, branches, shop, estate, dice } = acting
    const standing = someMarker(branches, name, dice)
    const policy = estate.policies.find(({ image }) => image === standing?.image)
    const right = policy && standing && rightTag(policy.rule, shop.tags(standing.image))
    if (standing && right !== undefined) rewrite(acting, standing, right, 'By hand')
  },
  rewind: ({ name, branches, dice }) => {
    const history = branches.history(name)
    const to = history[history.length - 1 - dice.whole(1, 3)]
    if (to !== undefined) branches.scene(name).forcePush(branchOf(name), to)
  },
  add: ({ name, branches, shop, estate, dice, act }) => {
    const image = dice.pick(estate.images)
    const folder =
      name === 'demo/infra'
        ? 'extra'
        : name.startsWith('demo/apps')
          ? dice.pick(['svc/extra', 'elsewhere'])
          : dice.pick(['clusters/a/extra', 'clusters/b/extra', 'elsewhere'])
    branches
      .scene(name)
      .commit({ files: { [`${folder}/${act}.yaml`]: deployment(image, dice.pick(shop.tags(image))) }, message: `Add ${act}` })
  },
  remove: ({ name, branches, dice, act }) => {
    const extra = [...branches.scene(name).files().keys()].filter((path) => path.includes('extra/'))
    if (extra.length > 0) branches.scene(name).commit({ files: { [dice.pick(extra)]: null }, message: `Remove ${act}` })
  },
  rename: ({ name, branches, dice, act }) => {
    const path = someFile(branches, name, dice)
    if (path === undefined) return
    const scene = branches.scene(name)
    scene.commit({ files: { [path]: null, [renamed(path, act)]: scene.read(path) ?? '' }, message: `Rename ${act}` })
  },
}

const renamed = (path: string, act: number): string => path.replace(/(-moved\d+)?\.yaml$/, `-moved${act}.yaml`)

function someFile(branches: Branches, name: GitRepoName, dice: Dice): string | undefined {
  const paths = [...new Set(branches.markers(name).map(({ path }) => path))]
  return paths.length > 0 ? dice.pick(paths) : undefined
}
function someMarker(branches: Branches, name: GitRepoName, dice: Dice): Standing | undefined {
  const all = branches.markers(name)
  return all.length > 0 ? dice.pick(all) : undefined
}
function rewrite({ name, branches, act }: Acting, { path, line, image, part, tag, digest }: Standing, to: string, why: string): void {
  const scene = branches.scene(name)
  const lines = (scene.read(path) ?? '').split('\n')
  const was = part === ':tag' ? `"${tag}"` : `${registryHost}/${image}:${tag}${digest === undefined ? '' : `@${digest}`}`
  const is = part === ':tag' ? `"${to}"` : `${registryHost}/${image}:${to}`
  lines[line] = (lines[line] ?? '').replace(was, is)
  const text = lines.join('\n')
  if (text !== scene.read(path)) scene.commit({ files: { [path]: text }, message: `${why} ${act}` })
}

/** Mostly what wins, but also what is older, out of range, of another kind, or poison. */
function tagMaker(estate: Estate, dice: Dice): (image: string) => string {
  const cursors = new Map<string, { major: number; minor: number; patch: number; number: number }>()
  return (image) => {
    const cursor = cursors.get(image) ?? { major: 1, minor: 0, patch: 0, number: 1000 }
    cursors.set(image, cursor)
    const rule = estate.policies.find((policy) => policy.image === image)?.rule
    if (!rule) return 'unwatched'
    return tagOf(rule, cursor, dice)
  }
}

function tagOf({ is, ...rule }: Rule, cursor: { major: number; minor: number; patch: number; number: number }, dice: Dice): string {
  const odd = dice.next()
  const back = odd < 0.12
  cursor.number += dice.whole(1, 5)
  const number = back ? Math.max(0, cursor.number - dice.whole(20, 200)) : cursor.number
  switch (is) {
    case 'semver':
      if (back) return `${dice.whole(0, cursor.major)}.${dice.whole(0, cursor.minor)}.${dice.whole(0, 9)}`
      if (odd < 0.16) return `sha-${cursor.number.toString(16)}`
      if (odd < 0.2) return `${cursor.major + 1}.0.0-rc.${cursor.number}`
      if (odd < 0.202) Object.assign(cursor, { major: cursor.major + 1, minor: 0, patch: 0 })
      else if (odd < 0.25) Object.assign(cursor, { minor: cursor.minor + 1, patch: 0 })
      else cursor.patch++
      return `${cursor.major}.${cursor.minor}.${cursor.patch}`
    case 'stamped':
      return odd > 0.9 ? `dev-abcdef0-${number}` : `main-${(number * 7919).toString(16).padStart(7, '0').slice(-7)}-${number}`
    case 'number':
      return odd > 0.98 ? `v${number}` : String(number)
    case 'text':
      return odd > 0.95
        ? `tmp-${number}`
        : `rel-${String('order' in rule && rule.order === 'desc' ? 500_000 - number : 500_000 + number).padStart(6, '0')}`
    case 'digest':
      return odd < 0.1 ? `build-${number}` : 'stable'
  }
}
