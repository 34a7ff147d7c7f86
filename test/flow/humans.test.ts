// People work on the branch that we write to, whenever they like.
import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, mulberry, semver, type Boxed } from '../boxed.ts'

const rest = '# kept by hand\n'
const start = async (options: Parameters<typeof boxed>[0] = {}): Promise<Boxed> => {
  const world = await boxed({ ...options, files: { 'apps/app.yaml': deployment('app', '1.0.0') + rest, ...options.files } })
  await world.push('app', '1.0.0')
  await world.apply(
    manifests({ policies: { app: semver('>=1.0.0') }, message: 'Update{{ range .Changed.Changes }} {{ .NewValue }}{{ end }}' }),
  )
  await world.rest()
  return world
}
const graphql = (request: Request): Promise<string> | '' => (request.url.endsWith('/graphql') ? request.clone().text() : '')

describe('a person who commits all the time', () => {
  test('loses nothing, nor do we: 200 promotions, also of the same file, and a rewind in between', { timeout: 240_000 }, async () => {
    const random = mulberry(7)
    const there: { world?: Boxed } = {}
    const kept: string[] = []
    let [lines, rewound, promotions] = [0, '', 0]
    /** Whatever stands there, and one line more at its end. */
    const byHand = (gitRepo: Boxed['gitRepo']) => {
      const same = random() < 0.5
      const line = `# line ${++lines}\n`
      const files = same ? { 'apps/app.yaml': `${gitRepo.read('apps/app.yaml') ?? ''}${line}` } : { [`notes/${lines}.txt`]: line }
      kept.push(gitRepo.commit({ files, message: `by hand ${lines}` }))
    }
    const world = await start({
      around: (service, box) => async (request) => {
        // Between our read and our write: what GitHub does while the request is on its way.
        const { world } = there
        if (service === 'github' && world && (await graphql(request)).includes('createCommitOnBranch')) {
          if (promotions === 100 && rewound === '') {
            rewound = kept.at(-1) ?? ''
            world.gitRepo.forcePush('main', world.gitRepo.log().find(({ oid }) => oid === rewound)?.parents[0] ?? '')
          } else if (random() < 0.3) byHand(world.gitRepo)
        }
        return box(request)
      },
    })
    there.world = world
    for (promotions = 1; promotions <= 200; promotions++) {
      byHand(world.gitRepo)
      await world.time.advance(1_000)
      await world.pushed('app', `1.0.${promotions}`)
    }
    await world.minutes(5)
    const log = world.gitRepo.log()
    const oids = new Set(log.map(({ oid }) => oid))
    expect(kept.filter((oid) => !oids.has(oid))).toEqual([rewound])
    const text = world.gitRepo.read('apps/app.yaml') ?? ''
    expect(text.startsWith(deployment('app', '1.0.200') + rest)).toBe(true)
    // Every line that a person added to our file, and that was not rewound, is there once and in order.
    const numbers = [...text.matchAll(/^# line (\d+)$/gm)].map(([, number]) => Number(number))
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const added = log.filter(({ message, changed }) => message.startsWith('by hand') && changed().includes('apps/app.yaml'))
    expect(numbers).toHaveLength(added.length)
    // Each commit of ours is in our history, once; the rewound one may be, too.
    const { entries } = await world.world.store.entries('default', 'flux-system', { limit: 1_000 })
    const ours = log.filter(({ message }) => message.includes('Tagboat-Id'))
    const recorded = entries.flatMap(({ outcome }) => (outcome.is === 'committed' ? [outcome.commit] : []))
    expect(ours.filter(({ oid }) => !recorded.includes(oid))).toEqual([])
    expect(new Set(recorded).size).toBe(recorded.length)
    const tags = ours.map(({ message }) => /:(1\.0\.\d+)/.exec(message)?.[1])
    expect(tags.length).toBe(new Set(tags).size)
  })
})

describe('an answer that is lost after the commit was made', () => {
  test('means no second commit, and history has the entry', async () => {
    let lose = false
    const world = await start({
      around: (service, box) => async (request) => {
        const commits = service === 'github' && (await graphql(request)).includes('createCommitOnBranch')
        const answer = await box(request)
        if (!commits || !lose) return answer
        lose = false
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
      },
    })
    lose = true
    await world.pushed('app', '1.1.0')
    // A person goes on before anybody has looked what became of it.
    for (let more = 0; more < 70; more++) world.gitRepo.commit({ files: { 'more.txt': `${more}` } })
    await world.minutes(3)
    const ours = world.gitRepo.log().filter(({ message }) => message.includes('Tagboat-Id'))
    const { entries } = await world.world.store.entries('default', 'flux-system')
    expect(entries.map(({ outcome }) => outcome.is === 'committed' && outcome.commit)).toEqual(ours.map(({ oid }) => oid))
    expect(ours).toHaveLength(1)
    expect((await world.world.store.targets()).map(({ intents }) => intents)).toEqual([[]])
  })
})

describe('six automations on one branch', () => {
  test('make one commit each, with its own path and message, chained', async () => {
    const teams = ['a', 'b', 'c', 'd', 'e', 'f']
    const world = await boxed({ files: Object.fromEntries(teams.map((team) => [`${team}/app.yaml`, deployment('app', '1.0.0')])) })
    await world.push('app', '1.0.0')
    for (const team of teams)
      await world.apply(manifests({ name: team, path: `./${team}`, policies: { app: semver('>=1.0.0') }, message: `Team ${team}` }))
    await world.rest()
    const before = world.gitRepo.head()
    world.boxes.github.forgetCounts()
    await world.pushed('app', '1.1.0')
    const log = world.gitRepo.log()
    expect(log.slice(0, 6).map(({ message, changed }) => [message.split('\n')[0], changed()])).toEqual(
      [...teams].reverse().map((team) => [`Team ${team}`, [`${team}/app.yaml`]]),
    )
    expect(log[5]?.parents).toEqual([before])
    expect([...world.boxes.github.counts()]).toEqual([['mutation createCommitOnBranch', 6]])
    expect((await world.world.store.entries('default', 'flux-system')).entries).toHaveLength(6)
  })
})
