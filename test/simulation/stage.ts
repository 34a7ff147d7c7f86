// What every play is played on: the boxed world with its images, branches and configuration, whoever decides what happens in it.
import { virtualTime, type VirtualTime } from '../../src/local/time.ts'
import type { World } from '../../src/ports.ts'
import { followBranches, type Branches } from './branches.ts'
import { dice } from './dice.ts'
import { gitRepos, goneFrom, manifestsOf, scopes, type Automation, type Estate, type Scope } from './estate.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { overlooked, tardy } from './prompt.ts'
import { protocol } from './protocol.ts'
import { atRest, type Rest } from './rest.ts'
import { openShop, type Shop } from './shop.ts'
import type { Weather, WeatherOptions } from './weather.ts'
import { openRun, type Role, type Run } from './world.ts'

export interface Stage {
  readonly time: VirtualTime
  readonly began: number
  readonly ledger: Ledger
  readonly run: Run
  readonly shop: Shop
  readonly branches: Branches
  readonly weather: Weather
  /** The scope's configuration as the estate has it now, again and again until it has been taken. */
  readonly applyUntilDone: (scope: Scope) => Promise<void>
  /** Somebody changed the rule of a policy. */
  readonly configured: (scope: Scope, image: string) => void
  readonly forge: (forged: { readonly image: string; readonly tag: string }) => void
  /** The first images, the first configuration, and a first minute in which nothing goes wrong. */
  readonly begin: () => Promise<void>
  /** Nothing goes wrong any more, until all has come right or should have. What is wrong then is in the ledger. */
  readonly rest: () => Promise<Rest>
  /** The same look, now, whatever goes on. */
  readonly look: () => Promise<Rest>
  readonly deadLetters: () => number
}
export interface StageOptions {
  readonly seed: number
  readonly estate: Estate
  readonly weather: (options: Omit<WeatherOptions, 'level' | 'dice'>) => Weather
  readonly trace?: ((line: string) => void) | undefined
  readonly record?: boolean | undefined
  /** Around the World of each instance: where a mutant is planted. */
  readonly around?: ((world: World, role: Role) => World) | undefined
  /** Nothing goes wrong: what events bring about is there soon. */
  readonly prompt?: boolean | undefined
  /** Everything through AWS's own clients: slower, and the same run. */
  readonly sdk?: boolean | undefined
}

const minute = 60_000
/** Minutes: the first look at rest, and the last. Within that every interval has passed, and every message has come back. */
const firstLook = 6
const lastLook = 60
/** Milliseconds that a target may be overdue: the sweep comes every minute, and may itself meet a fault, several times over. */
const mostPatience = 20 * minute
const mostIntents = 4
/** Requests. */
const mostForPush = 60
const mostForMinute = 250

export async function openStage({
  seed,
  estate,
  weather: weatherOf,
  trace,
  record,
  around = (world) => world,
  prompt = false,
  sdk = false,
}: StageOptions): Promise<Stage> {
  const time = virtualTime(Date.UTC(2026, 0, 5, 12), 2)
  const began = time.now()
  const ledger = openLedger({ now: time.now, trace, record })
  const changed = new Map<string, number>()
  const since = (scope: string, image: string) => changed.get(`${scope}/${image}`) ?? began
  const sky: { weather?: Weather; branches?: Branches; shop?: Shop } = {}
  const rules = protocol({
    ledger,
    now: time.now,
    judged: (selection) => (prompt && sky.shop ? overlooked(selection, time.now(), { estate, shop: sky.shop, since }) : undefined),
    stands: (id) => gitRepos.some((name) => sky.branches?.standing(name).some((landed) => landed.id === id)),
  })
  const run = await openRun({
    seed,
    time,
    ledger,
    onLog: noticing(ledger),
    around,
    watched: rules.watched,
    sdk,
    weather: () => {
      if (!sky.weather) throw new Error('there is no weather yet')
      return sky.weather
    },
  })
  const { boxes } = run
  const shop = openShop(boxes.registry, time.now)
  sky.shop = shop
  const bound = new Map<string, number>()
  const branches = followBranches({
    github: boxes.github,
    estate,
    shop,
    ledger,
    now: time.now,
    since,
    intended: rules.intended,
    bound,
    landing: run.landing,
  })
  sky.branches = branches
  const lag = (milliseconds: number) => gitRepos.forEach((name) => branches.scene(name).lag(milliseconds))
  const released = () => {
    for (const each of estate.automations) if (!isStopped(each)) bound.delete(`${each.scope}/${each.name}`)
  }
  const weather = weatherOf({ time, ledger, recent: shop.recent, lag })
  sky.weather = weather

  const own = dice(seed, 'apply')
  const applying = new Map<Scope, boolean>()
  const applyUntilDone = async (scope: Scope): Promise<void> => {
    if (applying.has(scope)) return void applying.set(scope, true)
    applying.set(scope, true)
    while (applying.get(scope)) {
      applying.set(scope, false)
      const stopped = estate.automations.filter((each) => each.scope === scope && (each.suspended || each.gone))
      const done = await run.applied(scope, manifestsOf(scope, estate), goneFrom(scope, estate))
      if (done)
        for (const each of stopped.filter(isStopped)) bound.set(`${scope}/${each.name}`, bound.get(`${scope}/${each.name}`) ?? time.now())
      if (!done) {
        ledger.count('reached', 'apply-repeated')
        applying.set(scope, true)
        await new Promise<void>((resolve) => void time.after(own.whole(1000, 30_000), resolve))
      }
    }
    applying.delete(scope)
  }

  /** Somebody will come to every target that asks, and nobody leaves intents behind without end. */
  const attended = async () => {
    for (const { id, asked, done, due, intents } of await run.outside.store.targets()) {
      const name = `target ${id.owner}/${id.repository}@${id.branch}`
      if (asked > done && due === undefined) ledger.violation(`${name} asks, and nothing is due`)
      if (asked > done && due !== undefined && time.now() - due > mostPatience)
        ledger.violation(`${name} has been due for ${time.now() - due} ms`)
      if (intents.length > mostIntents) ledger.violation(`${name} has ${intents.length} intents`)
    }
  }
  const look = () => atRest({ run, estate, shop, branches, since: rested })
  let counted = { at: began, requests: 0, pushes: 0 }
  /** As much work as there were pushes and minutes, and no more. */
  const bounded = () => {
    const requests = Object.values(ledger.counts('requests')).reduce((sum, count) => sum + count, 0)
    const now = { at: time.now(), requests, pushes: shop.pushes() }
    const most = mostForPush * (now.pushes - counted.pushes) + mostForMinute * Math.ceil((now.at - counted.at) / minute)
    if (requests - counted.requests > most)
      ledger.violation(`${requests - counted.requests} requests for ${now.pushes - counted.pushes} pushes, expected ${most} at most`)
    counted = now
  }

  // Minutes go by, whatever else happens: the sweep is part of the world.
  const everyMinute = () => {
    weather.minute()
    if (prompt) for (const late of tardy(time.now(), { estate, shop, since, chosen: rules.chosen })) ledger.violation(late)
    run.sweep()
    void attended()
    time.after(minute, everyMinute)
  }
  let rested = began
  return {
    time,
    began,
    ledger,
    run,
    shop,
    branches,
    weather,
    applyUntilDone: (scope) => {
      released()
      return applyUntilDone(scope)
    },
    configured: (scope, image) => changed.set(`${scope}/${image}`, time.now()),
    forge: ({ image, tag }) => {
      ledger.did({ forge: `${image}:${tag}` })
      ledger.line(`forged ${image}:${tag}`)
      boxes.bus.emit(forgery(image, tag))
      ledger.count('reached', 'forged')
    },
    begin: async () => {
      weather.calm(true)
      for (const image of estate.images) await shop.push(image, estate.first.get(image) ?? '')
      for (const scope of scopes) void applyUntilDone(scope)
      everyMinute()
      await time.advance(minute)
    },
    rest: async () => {
      weather.calm(true)
      await time.advance(firstLook * minute)
      bounded()
      let rest = await look()
      for (let minutes = firstLook; rest.wrong.length > 0 && minutes < lastLook; minutes += 2) {
        await time.advance(2 * minute)
        rest = await look()
      }
      for (const wrong of rest.wrong) ledger.violation(`at rest: ${wrong}`)
      rested = time.now()
      return rest
    },
    look,
    deadLetters: () =>
      ['tagboat-targets-dead.fifo', 'tagboat-scans-dead'].reduce((sum, name) => sum + boxes.sqs.queue(name).messages().length, 0),
  }
}

const isStopped = ({ suspended, gone }: Automation): boolean => suspended || gone === true

const forgery = (image: string, tag: string) => ({
  source: 'aws.ecr',
  detailType: 'ECR Image Action',
  account: '123456789012',
  region: 'eu-west-1',
  detail: {
    result: 'SUCCESS',
    'repository-name': image,
    'image-digest': `sha256:${'0'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': tag,
  },
})

/** Counts what the flow says about itself. */
function noticing(ledger: Ledger): (event: string, fields: Readonly<Record<string, unknown>>) => void {
  const commitIds = new Set<string>()
  return (event, fields) => {
    if (event === 'commit') {
      const id = String(fields['id'])
      if (commitIds.has(id)) ledger.count('reached', 'reported-again')
      commitIds.add(id)
    }
    if (event === 'signal')
      for (const { is } of fields['verdicts'] as readonly { readonly is: string }[]) ledger.count('reached', `verdict-${is}`)
    if (event === 'scan' && Number(fields['merged']) > 0) ledger.count('reached', 'scan-merged')
    const situation = watched[event]
    if (situation !== undefined) ledger.count('reached', situation)
  }
}
const watched: Readonly<Record<string, string>> = {
  'selection-repaired': 'selection-repaired',
  'target-woken': 'target-woken',
  'look-failed': 'look-failed',
  'head-moved': 'head-moved',
  'head-strange': 'head-strange',
  'intents-settled': 'intent-settled',
  'target-handed-over': 'target-handed-over',
  'target-waits': 'budget-wait',
  'scan-skipped': 'scan-skipped',
}
