// A run: the whole world from one seed. Stretches of pushes and faults, and after each one a rest in which everything must come right.
import { virtualTime } from '../../src/local/time.ts'
import type { World } from '../../src/ports.ts'
import { followBranches } from './branches.ts'
import { dice } from './dice.ts'
import { estate as estateOf, gitRepos, manifestsOf, scopes, type Scope } from './estate.ts'
import { openLedger } from './ledger.ts'
import type { Level } from './levels.ts'
import { people as peopleOf } from './people.ts'
import { atRest } from './rest.ts'
import { openShop } from './shop.ts'
import { openWeather, type Weather } from './weather.ts'
import { openRun, type Role } from './world.ts'

export interface Settings {
  readonly seed: number
  readonly pushes: number
  readonly level: Level
  readonly images?: number
  readonly trace?: (line: string) => void
  /** Around the World of each instance: where a mutant is planted. */
  readonly around?: (world: World, role: Role) => World
  /** Everything through AWS's own clients: slower, and the same run. */
  readonly sdk?: boolean
}
export interface Report {
  readonly seed: number
  readonly faults: Level
  readonly pushes: number
  readonly commits: number
  readonly selectionsChanged: number
  readonly virtualHours: number
  readonly requests: Readonly<Record<string, number>>
  readonly faultsInjected: Readonly<Record<string, number>>
  readonly reached: Readonly<Record<string, number>>
  readonly oracleChecks: number
  readonly violations: readonly string[]
}

const minute = 60_000
/** Pushes between two rests. */
const stretch = 250
/** Minutes: the first look at rest, and the last. Within that every interval has passed, and every message has come back. */
const firstLook = 6
const lastLook = 60

export async function simulate(settings: Settings): Promise<{ readonly report: Report; readonly tail: readonly string[] }> {
  const { seed, pushes, level, trace, around = (world) => world, sdk = false } = settings
  const time = virtualTime(Date.UTC(2026, 0, 5, 12), 2)
  const began = time.now()
  const ledger = openLedger({ now: time.now, trace })
  const fate = dice(seed, 'world')
  const estate = estateOf(dice(seed, 'estate'), settings.images)
  const sky: { weather?: Weather } = {}
  const onLog = (event: string, fields: Readonly<Record<string, unknown>>) => noticed(event, fields)
  const run = await openRun({
    seed,
    time,
    ledger,
    onLog,
    around,
    sdk,
    weather: () => {
      if (!sky.weather) throw new Error('there is no weather yet')
      return sky.weather
    },
  })
  const { boxes } = run
  const shop = openShop(boxes.registry, time.now)
  const changed = new Map<string, number>()
  const branches = followBranches({
    github: boxes.github,
    estate,
    shop,
    ledger,
    now: time.now,
    since: (scope, image) => changed.get(`${scope}/${image}`) ?? began,
  })
  const weather = openWeather({
    level,
    time,
    ledger,
    dice: dice(seed, 'weather'),
    recent: shop.recent,
    lag: (milliseconds) => gitRepos.forEach((name) => branches.scene(name).lag(milliseconds)),
  })
  sky.weather = weather
  const people = peopleOf({
    estate,
    shop,
    branches,
    ledger,
    dice: dice(seed, 'people'),
    configured: (scope, image) => changed.set(`${scope}/${image}`, time.now()),
  })
  const commitIds = new Set<string>()
  function noticed(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (event === 'commit') {
      const id = String(fields['id'])
      if (commitIds.has(id)) ledger.count('reached', 'reported-again')
      commitIds.add(id)
    }
    if (event === 'signal')
      for (const { is } of fields['verdicts'] as readonly { readonly is: string }[]) ledger.count('reached', `verdict-${is}`)
    if (event === 'scan' && Number(fields['merged']) > 0) ledger.count('reached', 'scan-merged')
    if (watched.has(event)) ledger.count('reached', event)
  }

  // Minutes go by, whatever else happens: the sweep is part of the world.
  const everyMinute = () => {
    weather.minute()
    run.sweep()
    time.after(minute, everyMinute)
  }
  weather.calm(true)
  for (const image of estate.images) await shop.push(image, estate.first.get(image) ?? '')
  const applying = new Map<Scope, boolean>()
  const applyUntilDone = async (scope: Scope): Promise<void> => {
    if (applying.has(scope)) return void applying.set(scope, true)
    applying.set(scope, true)
    while (applying.get(scope)) {
      applying.set(scope, false)
      if (!(await run.applied(scope, manifestsOf(scope, estate)))) {
        ledger.count('reached', 'apply-repeated')
        applying.set(scope, true)
        await new Promise<void>((resolve) => void time.after(fate.whole(1000, 30_000), resolve))
      }
    }
    applying.delete(scope)
  }
  for (const scope of scopes) void applyUntilDone(scope)
  everyMinute()
  await time.advance(minute)

  let checks = 0
  let pushed = 0
  let selectionsChanged = 0
  let since = began
  const startedWith = shop.pushes()
  const counted = () => pushed < pushes && ledger.violations().length === 0
  while (counted()) {
    weather.calm(false)
    for (let inStretch = 0; inStretch < stretch && counted();) {
      const burst = fate.chance(0.1) ? fate.whole(4, 25) : 1
      for (let at = 0; at < burst && counted(); at++, pushed++, inStretch++) {
        const image = await people.push()
        if (fate.chance(0.1)) time.after(fate.whole(1, 400), () => people.collide(image))
        if (burst > 1) await time.advance(fate.whole(0, 100))
      }
      if (fate.chance(0.15)) people.remove()
      if (fate.chance(0.25)) people.actInGit()
      if (fate.chance(0.04)) void applyUntilDone(people.configure())
      if (fate.chance(0.03)) forged(people.forge())
      await time.advance(fate.wait(2000))
    }
    weather.calm(true)
    await time.advance(firstLook * minute)
    let rest = await atRest({ run, estate, shop, branches, since })
    for (let minutes = firstLook; rest.wrong.length > 0 && minutes < lastLook; minutes += 2) {
      await time.advance(2 * minute)
      rest = await atRest({ run, estate, shop, branches, since })
    }
    for (const wrong of rest.wrong) ledger.violation(`at rest: ${wrong}`)
    checks += rest.checked
    ledger.count('reached', 'poisoned', rest.selections.filter(({ poisonedBy }) => poisonedBy !== null).length)
    selectionsChanged = rest.selections.reduce((sum, { revision }) => sum + revision, 0)
    since = time.now()
    ledger.line(`rest after ${pushed} pushes`)
  }
  const dead = ['tagboat-targets-dead.fifo', 'tagboat-scans-dead'].reduce((sum, name) => sum + boxes.sqs.queue(name).messages().length, 0)
  ledger.count('reached', 'dead-letter', dead)

  function forged({ image, tag }: { readonly image: string; readonly tag: string }): void {
    ledger.line(`forged ${image}:${tag}`)
    boxes.bus.emit({
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
    ledger.count('reached', 'forged')
  }

  return {
    report: {
      seed,
      faults: level,
      pushes: shop.pushes() - startedWith,
      commits: branches.commits(),
      selectionsChanged,
      virtualHours: Math.round((time.now() - began) / 360_000) / 10,
      requests: ledger.counts('requests'),
      faultsInjected: ledger.counts('faults'),
      reached: ledger.counts('reached'),
      oracleChecks: checks,
      violations: ledger.violations(),
    },
    tail: ledger.tail(),
  }
}

/** What the flow says about itself that is worth counting. */
const watched: ReadonlySet<string> = new Set([
  'selection-repaired',
  'target-woken',
  'look-failed',
  'head-moved',
  'head-strange',
  'intents-settled',
  'target-handed-over',
  'scan-skipped',
])
