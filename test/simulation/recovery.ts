// How soon all is right again, in virtual time: when events get lost, and after an hour in which GitHub answered nothing.
import { dice } from './dice.ts'
import { estate as estateOf } from './estate.ts'
import { people as peopleOf } from './people.ts'
import { openStage, type Stage } from './stage.ts'
import { openWeather, type Weather } from './weather.ts'

export const scenarios = ['lost-events', 'outage'] as const
export type Scenario = (typeof scenarios)[number]
export interface Recovered {
  readonly name: string
  readonly ok: boolean
  readonly [figure: string]: unknown
}

export const recover = (scenario: Scenario, seed: number, pushes: number): Promise<Recovered> =>
  scenario === 'outage' ? outage(seed, pushes) : lostEvents(seed, pushes)

/** The shortest of the intervals that may find a push whose event was lost: of the ImageRepositories here, of ECR's sweep, the default. */
const interval = Math.min(300_000, 600_000, 600_000)
const hour = 3_600_000

async function lostEvents(seed: number, pushes: number): Promise<Recovered> {
  let lost = 0
  const stage = await open(seed, (weather) => ({
    ...weather,
    event: (own, of) => {
      const gone = of.startsWith('event ') && own.chance(0.1)
      if (gone) lost++
      return { lost: gone }
    },
  }))
  const { time, shop, branches } = stage
  await stage.begin()
  lost = 0
  const began = time.now()
  const delays: number[] = []
  const seen = new Set<string>()
  branches.onMoved((image, tag) => {
    const { pushed } = shop.changed(image, tag)
    if (seen.has(`${image}:${tag}`) || pushed < began) return
    seen.add(`${image}:${tag}`)
    delays.push(time.now() - pushed)
  })
  const fate = dice(seed, 'recovery')
  for (let at = 0; at < pushes; at++) {
    await stage.push()
    // So seldom that the budget is not what anybody waits for.
    await time.advance(fate.wait(60_000))
  }
  const { wrong } = await stage.rest()
  delays.sort((a, b) => a - b)
  const share = (of: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * of))] ?? 0
  const [p50Ms, p99Ms, maxMs] = [share(0.5), share(0.99), share(1)]
  return {
    name: 'lost-events',
    ok: wrong.length === 0 && lost > 0 && p99Ms < interval + p50Ms,
    seed,
    pushes,
    lost,
    committed: delays.length,
    p50Ms,
    p99Ms,
    maxMs,
    intervalMs: interval,
    wrong,
  }
}

async function outage(seed: number, pushes: number): Promise<Recovered> {
  const until = { at: 0 }
  const stage = await open(seed, (weather, now) => ({
    ...weather,
    befalls: (call, own, role) => (call.service === 'github' && now() < until.at ? 'outage' : weather.befalls(call, own, role)),
  }))
  const { time, branches } = stage
  await stage.begin()
  const started = await stage.rest()
  until.at = time.now() + hour
  const before = branches.commits()
  for (let at = 0; at < pushes; at++) {
    await stage.push()
    await time.advance(hour / pushes)
  }
  const during = branches.commits() - before
  const owing = new Set((await stage.look()).stale)
  const ended = time.now()
  let look = await stage.look()
  for (; look.stale.length > 0 && time.now() < ended + hour; look = await stage.look()) await time.advance(1000)
  const rightAfterMs = time.now() - ended
  const { wrong } = await stage.rest()
  const commits = branches.commits() - before - during
  const dead = stage.deadLetters()
  return {
    name: 'outage',
    ok: started.wrong.length + wrong.length + during + dead === 0 && commits === owing.size && rightAfterMs < 15 * 60_000,
    seed,
    pushes,
    outageMs: hour,
    automationsOwing: owing.size,
    commits,
    rightAfterMs,
    deadLetters: dead,
    wrong,
  }
}

type Recovering = Stage & { readonly push: () => Promise<unknown> }

async function open(seed: number, change: (weather: Weather, now: () => number) => Weather): Promise<Recovering> {
  const estate = estateOf(dice(seed, 'estate'))
  const stage = await openStage({
    seed,
    estate,
    weather: (options) => change(openWeather({ ...options, level: 0, dice: dice(seed, 'weather') }), options.time.now),
  })
  const { shop, branches, ledger } = stage
  const people = peopleOf({ estate, shop, branches, ledger, dice: dice(seed, 'people'), configured: stage.configured })
  return { ...stage, push: people.push }
}
