// `node bin/run.js test/mutants/main.ts [--only NAME] [--jobs N]`: every mutant must be caught; the last line is JSON.
import { parseArgs } from 'node:util'
import { catchers, nameOfRun, type Noticed } from './catchers.ts'
import { copy, type Copy } from './copy.ts'
import { mutants } from './list.ts'
import { bySimulation, type Catcher, type Mutant } from './mutant.ts'
import { nameOf } from '../simulation/violation.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, jobs: { type: 'string', default: '2' } } })
const jobs = Number(values.jobs)
const chosen = mutants.filter(({ name }) => values.only === undefined || name === values.only)
if (!Number.isSafeInteger(jobs) || jobs < 1 || chosen.length === 0) {
  console.error(
    `usage: node bin/run.js test/mutants/main.ts [--only NAME] [--jobs N]; names:\n  ${mutants.map(({ name }) => name).join('\n  ')}`,
  )
  process.exit(2)
}

/** Where the known seed no longer shows it. */
const others: readonly Catcher[] = [3, 3, 2, 3, 1].map((faults, at) => bySimulation(at + 1, 120, faults as 1 | 2 | 3))

const began = Date.now()
const asking = catchers()
const copies: Copy[] = Array.from({ length: Math.min(jobs, 2 * chosen.length) }, copy)
function clean(): void {
  asking.stop()
  for (const each of copies) each.remove()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    clean()
    process.exit(130)
  })
process.on('exit', clean)

interface Result {
  readonly name: string
  readonly ok: boolean
}
const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`.padStart(7)

async function tryMutant({ name, breaks, patch, caught }: Mutant, { folder, broken }: Copy): Promise<Result> {
  const since = Date.now()
  const all = caught.by === 'test' ? [caught] : [caught, ...others]
  const noticed = await broken(patch, async () => {
    for (const catcher of all) {
      const answer = await asking.ask(catcher, folder)
      if (answer.is !== 'passed') return answer
    }
    return { is: 'passed' } satisfies Noticed
  })
  const said =
    noticed.is === 'caught'
      ? `${noticed.by}: ${caught.by === 'simulation' ? nameOf(noticed.what) : noticed.what}`
      : noticed.is === 'passed'
        ? 'SURVIVES'
        : `NO ANSWER: ${noticed.why}`
  console.log(`${seconds(since)}  ${name.padEnd(38)} ${breaks}\n${' '.repeat(11)}${said}`)
  return { name, ok: noticed.is === 'caught' }
}

/** Without a mistake each of them must have nothing to say. */
async function tryNothing(catcher: Catcher, { folder }: Copy): Promise<Result> {
  const since = Date.now()
  const answer = await asking.ask(catcher, folder)
  const by = catcher.by === 'test' ? catcher.file : nameOfRun(catcher)
  const said = answer.is === 'passed' ? 'passes' : answer.is === 'caught' ? `FAILS: ${answer.what}` : `NO ANSWER: ${answer.why}`
  console.log(`${seconds(since)}  ${'(no mistake)'.padEnd(38)} ${by} ${said}`)
  return { name: by, ok: answer.is === 'passed' }
}

const unbroken = [...new Map(chosen.map(({ caught }) => [JSON.stringify(caught), caught])).values()]
const work = [
  ...chosen.map((mutant) => (where: Copy) => tryMutant(mutant, where)),
  ...unbroken.map((catcher) => (where: Copy) => tryNothing(catcher, where)),
]
const results: Result[] = []
await Promise.all(
  copies.map(async (where) => {
    for (let next = work.shift(); next; next = work.shift()) results.push(await next(where))
  }),
)
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name)
console.log(
  JSON.stringify({
    name: 'mutants',
    mutants: chosen.length,
    caught: chosen.length - failed.filter((each) => chosen.some(({ name }) => name === each)).length,
    failed,
    seconds: Math.round((Date.now() - began) / 1000),
  }),
)
process.exit(failed.length > 0 ? 1 : 0)
