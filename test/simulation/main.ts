// `npm run -s simulate -- --help` says what it can do. The last line is JSON.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { faults, missing, situations, withZeros } from './expected.ts'
import type { Level } from './levels.ts'
import { recover, scenarios } from './recovery.ts'
import { shrunk } from './shrunk.ts'
import { simulate } from './simulate.ts'
import { inProcess, playWorlds, sum, worldSize, type Played, type Player, type WorldSettings } from './worlds.ts'

const help = `usage: npm run -s simulate -- [options]

  --seed S      what chance decides follows from it (1)
  --pushes N    images pushed (1000); above ${worldSize} in several worlds, each under a seed that follows from S
  --faults L    0, 1, 2 or 3: how much goes wrong (3)
  --images N    images in each world (24)
  --minutes M   as many worlds as M minutes allow; ends on time, and counts only worlds that came to their end
  --scenario X  lost-events or outage: how soon all is right again, in virtual time; one line of JSON
  --jobs N      so many processes (1); the sum is the same
  --sdk         every request through AWS's own clients: slower, and the same run
  --shrink      print a world that went wrong as the shortest scenario that still does, to be pasted into a test
  --trace       each line of the trace on standard error

The last line is JSON. Exit code 1: something was violated, or a run at the highest level did not meet all that it should.`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    pushes: { type: 'string' },
    faults: { type: 'string', default: '3' },
    images: { type: 'string', default: '24' },
    minutes: { type: 'string' },
    scenario: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    shrink: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    sdk: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const play: Player = async (settings) => {
  const { report, tail } = await simulate({ ...settings, ...(values.trace && { trace: (line: string) => console.error(line) }) })
  globalThis.gc?.()
  return { report, tail: report.violations.length > 0 ? tail : [], heap: process.memoryUsage().heapUsed }
}

if (values.help) console.log(help)
else if (values.worker) process.on('message', (settings: WorldSettings) => void play(settings).then((world) => process.send?.(world)))
else if (values.scenario !== undefined) await recovery(values.scenario)
else await main()

async function recovery(name: string): Promise<void> {
  const scenario = scenarios.find((each) => each === name)
  if (scenario === undefined) {
    console.error(`--scenario: expected ${scenarios.join(' or ')}, met "${name}"`)
    process.exit(2)
  }
  const recovered = await recover(scenario, Number(values.seed), Number(values.pushes ?? 1000))
  console.log(JSON.stringify(recovered))
  process.exit(recovered.ok ? 0 : 1)
}

async function main(): Promise<void> {
  const level = Number(values.faults)
  const [seed, images, jobs, minutes] = [values.seed, values.images, values.jobs, values.minutes ?? 0].map(Number)
  const pushes = Number(values.pushes ?? (values.minutes === undefined ? 1000 : Number.MAX_SAFE_INTEGER))
  const whole = (value: number | undefined): value is number => Number.isSafeInteger(value) && (value ?? -1) >= 0
  if (!whole(seed) || !whole(pushes) || !whole(images) || !whole(jobs) || !whole(minutes) || !isLevel(level)) {
    console.error(help)
    process.exit(2)
  }
  const processes = jobs > 1 ? Array.from({ length: jobs }, () => inProcess(fileURLToPath(import.meta.url))) : []
  const { worlds } = await playWorlds(
    { seed, pushes, level, images, sdk: values.sdk },
    {
      players: processes.length > 0 ? processes.map((each) => each.play) : [play],
      ...(values.minutes !== undefined && { until: new Promise<void>((resolve) => setTimeout(resolve, minutes * 60_000)) }),
    },
  )
  for (const { end } of processes) end()
  const broken = worlds.find(({ report }) => report.violations.length > 0)?.report
  if (values.shrink && broken) console.log(await shrunk({ seed: broken.seed, pushes: broken.pushes, level, images }))
  process.exit(tell(seed, level, worlds))
}

function tell(seed: number, level: Level, worlds: readonly Played[]): number {
  const report = sum(seed, worlds)
  const growth = Math.max(0, ...worlds.map(({ heap }) => heap)) - (worlds[0]?.heap ?? 0)
  for (const { tail, report: own } of worlds) {
    if (own.violations.length === 0) continue
    for (const line of values.trace ? [] : tail) console.error(line)
    console.error(`\nseed ${own.seed} at level ${level}: ${own.violations.length} violations`)
    for (const violation of own.violations) console.error(`  ${violation}`)
    console.error(`again: npm run -s simulate -- --seed ${own.seed} --pushes ${own.pushes} --faults ${level}`)
  }
  const absent = report.violations.length > 0 ? [] : missing(report, level)
  for (const what of absent) console.error(`not enough: ${what}`)
  if (growth > mostGrowth) console.error(`memory grows: ${Math.round(growth / 1e6)} MB more than after the first world`)
  console.error(`${worlds.length} worlds at level ${level}`)
  console.log(
    JSON.stringify({
      ...report,
      faultsInjected: withZeros(faults, report.faultsInjected),
      reached: withZeros(situations, report.reached),
    }),
  )
  return report.violations.length > 0 || absent.length > 0 || growth > mostGrowth ? 1 : 0
}

/** Bytes: what a process may keep of all worlds that it has played. */
const mostGrowth = 100_000_000

function isLevel(value: number): value is Level {
  return value === 0 || value === 1 || value === 2 || value === 3
}
