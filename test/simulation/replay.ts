// A scenario: what befell a world, step by step, played without dice. Only how long each request takes is still drawn, from the seed.
import type { World } from '../../src/ports.ts'
import type { Dice } from './dice.ts'
import { branchOf, type Automation, type Estate, type GitRepoName, type Policy } from './estate.ts'

import { openStage, type Stage } from './stage.ts'
import { filesOf, sameMoment, type Outage, type Step } from './steps.ts'
import { behind, refusal, registryLag, type Fault, type Weather, type WeatherOptions } from './weather.ts'
import { kindOf } from './wire.ts'
import type { Role } from './world.ts'

/** Plain data, so that it can be printed and pasted. */
export interface Scenario {
  readonly seed: number
  readonly estate: Settled
  /** Milliseconds by which the clocks of instances may be off. */
  readonly skew: number
  /** In order of time. */
  readonly steps: readonly Step[]
}
/** What is configured and what stands in Git when it begins. */
export interface Settled {
  /** Each image and its first tag. */
  readonly images: Readonly<Record<string, string>>
  readonly policies: readonly Readonly<Policy>[]
  readonly automations: readonly Readonly<Automation>[]
  readonly files: Readonly<Record<GitRepoName, Readonly<Record<string, string>>>>
}
export interface Replayed {
  readonly violations: readonly string[]
  readonly requests: Readonly<Record<string, number>>
  readonly tail: readonly string[]
}
export interface ReplayOptions {
  readonly around?: ((world: World, role: Role) => World) | undefined
  readonly trace?: ((line: string) => void) | undefined
}

export async function replay({ seed, estate: settled, skew, steps }: Scenario, { around, trace }: ReplayOptions = {}): Promise<Replayed> {
  const estate = estateOf(settled)
  const prompt = steps.every(
    (step) => !('fault' in step || 'storm' in step || 'lag' in step) || ('fault' in step && harmless.has(step.fault)),
  )
  const stage = await openStage({ seed, estate, around, trace, prompt, weather: (options) => scripted(options, steps, skew) })
  const { time, began, ledger } = stage
  await stage.begin()
  stage.weather.calm(false)
  const past = () => ledger.violations().length > 0
  for (const step of steps) {
    if (past()) break
    // Those are scripted; some fall into the rest, which must begin when it began.
    if ('fault' in step || 'storm' in step || 'lag' in step) continue
    const wait = began + step.at - time.now()
    if (wait > 0) await time.advance(wait)
    await play(step, estate, stage)
  }
  if (!past()) await stage.rest()
  return { violations: ledger.violations(), requests: ledger.counts('requests'), tail: ledger.tail() }
}

/** What keeps nothing from happening. */
const harmless: ReadonlySet<string> = new Set(['slow', 'ecr-lag-listing', 'event-twice'])

export const settledOf = ({ images, policies, automations, first, files }: Estate): Settled => ({
  images: Object.fromEntries(images.map((image) => [image, first.get(image) ?? ''])),
  policies: policies.map((policy) => ({ ...policy })),
  automations: automations.map((automation) => ({ ...automation })),
  files,
})
const estateOf = ({ images, policies, automations, files }: Settled): Estate => ({
  images: Object.keys(images),
  policies: policies.map((policy) => ({ ...policy })),
  automations: automations.map((automation) => ({ ...automation })),
  first: new Map(Object.entries(images)),
  files,
})

async function play(step: Step, estate: Estate, stage: Stage): Promise<void> {
  const { shop, branches } = stage
  if ('push' in step) return shop.push(...imageTag(step.push), step.content ?? imageTag(step.push)[1])
  if ('remove' in step) {
    const [image, tag] = imageTag(step.remove)
    if (shop.has(image, tag)) shop.remove(image, tag)
  } else if ('forge' in step) {
    const [image, tag] = imageTag(step.forge)
    stage.forge({ image, tag })
  } else if ('commit' in step) {
    const scene = branches.scene(step.commit)
    const files = filesOf(step.edits, scene.read)
    if (files) scene.commit({ files, message: `By a person, at ${step.at}` })
  } else if ('rewind' in step) {
    const to = branches.history(step.rewind).at(-1 - step.by)
    if (to !== undefined && step.by > 0) branches.scene(step.rewind).forcePush(branchOf(step.rewind), to)
  } else if ('suspend' in step) {
    const automation = estate.automations.find(({ scope, name }) => step.suspend === `${scope}/${name}`)
    if (!automation) return
    automation.suspended = step.to
    void stage.applyUntilDone(automation.scope)
  } else if ('rule' in step) {
    const policy = estate.policies.find(({ scope, image }) => step.rule === `${scope}/${image}`)
    if (!policy) return
    policy.rule = step.to
    stage.configured(policy.scope, policy.image)
    void stage.applyUntilDone(policy.scope)
  } else if ('drop' in step) {
    const automation = estate.automations.find(({ scope, name }) => step.drop === `${scope}/${name}`)
    if (!automation) return
    automation.gone = step.to
    void stage.applyUntilDone(automation.scope)
  } else if ('forget' in step) {
    const policy = estate.policies.find(({ scope, image }) => step.forget === `${scope}/${image}`)
    if (!policy) return
    policy.gone = step.to
    stage.configured(policy.scope, policy.image)
    void stage.applyUntilDone(policy.scope)
  } else if ('archive' in step) {
    const [image, tag] = imageTag(step.archive)
    if (step.to ? shop.has(image, tag) : shop.archived(image).includes(tag)) shop.archive(image, tag, step.to)
  } else if ('unbranch' in step) {
    const scene = branches.scene(step.unbranch)
    if (scene.head() !== undefined) scene.removeBranch(branchOf(step.unbranch))
  } else if ('calm' in step) stage.weather.calm(step.calm)
}

function imageTag(text: string): readonly [image: string, tag: string] {
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}

/** Faults at their time: the first call of the kind meets each. Dice are thrown as weather.ts throws them, so that all else goes on alike. */
function scripted({ time, recent, lag }: Omit<WeatherOptions, 'level' | 'dice'>, steps: readonly Step[], skew: number): Weather {
  const began = time.now()
  const waiting = new Map<string, { readonly fault: string; readonly at: number; readonly for: number; readonly after: number }[]>()
  const before = sameMoment(time.now)
  const until: Record<Outage, number> = { gitOutage: 0, gitLimit: 0 }
  let calm = false
  for (const step of steps) {
    if ('fault' in step) waiting.set(step.of, [...(waiting.get(step.of) ?? []), { for: 0, after: 0, ...step }])
    if ('storm' in step) time.after(step.at, () => (until[step.storm] = time.now() + step.for))
    if ('lag' in step) time.after(step.at, () => lag(step.lag))
  }
  const meets = (of: string, fault?: string) => {
    const others = before(`${of} ${fault ?? ''}`)
    const list = waiting.get(of)
    const [first] = list ?? []
    if (
      (calm && fault !== 'doom') ||
      !list ||
      !first ||
      first.at > time.now() - began ||
      first.after > others ||
      (fault !== undefined && first.fault !== fault)
    )
      return undefined
    list.shift()
    return first
  }
  const blows = (storm: Outage) => !calm && until[storm] > time.now()
  const skewed = (dice: Dice) => Math.round((dice.next() * 2 - 1) * (calm ? 0 : skew))
  return {
    calm: (wish) => {
      calm = wish
      if (calm) lag(0)
    },
    minute: () => undefined,
    refusal,
    befalls: (call, dice, role) => {
      dice.next()
      dice.next()
      if (call.service === 'github' && blows('gitOutage')) return 'outage'
      if (call.service === 'github' && blows('gitLimit')) return 'limit'
      // A cursed message kills its receivers in fair weather too.
      const kind = kindOf(call, role)
      if (meets(kind, 'doom')) return 'death-before'
      return meets(kind)?.fault as Fault | undefined
    },
    seen: async (call, answer, dice) => {
      if (call.service !== 'ecr' || !answer.ok) return { response: answer }
      dice.next()
      if (!meets(`ecr ${call.operation}`)) return { response: answer }
      const image = String(call.input['repositoryName'])
      const young = recent(image).filter(({ at }) => time.now() - at < registryLag)
      return young.length > 0 ? behind(call, answer, young) : { response: answer }
    },
    event: (_, of) => {
      const lost = meets(of, 'event-lost') !== undefined
      const again = meets(of, 'event-twice')?.for
      const late = meets(of, 'event-late')?.for
      return { lost, ...(again !== undefined && { again }), ...(late !== undefined && { late }) }
    },
    expiry: () => meets('message promote')?.for,
    // Each of the deaths has its own step.
    curses: () => false,
    indexLag: () => meets('table index')?.for ?? 0,
    skew: skewed,
    jumps: (dice, role) => {
      dice.next()
      return meets(`${role} begins`) !== undefined
    },
  }
}
