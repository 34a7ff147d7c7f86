// A world killed in the middle of many pushes, and another one started on what it left behind.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pushImage } from '../../src/cli/image.ts'
import { boxed, deployment, manifests, mulberry, registry, semver } from '../boxed.ts'
import { run, startWorld, temporary, type World } from './worlds.ts'

const { folder, remove } = temporary()
afterAll(remove)

const images = Array.from({ length: 20 }, (_, at) => `app-${at}`)
const rounds = 10
const version = (round: number): string => `1.${round}.0`
const objects = manifests({ policies: Object.fromEntries(images.map((name) => [name, semver('>=1.0.0')])) })
const files = images.map((name) => [`apps/${name}/deployment.yaml`, deployment(name, '1.0.0')] as const)
const last = images.map((name) => deployment(name, version(rounds)))

interface Push {
  readonly name: string
  readonly tag: string
}
const shuffled = (random: () => number): readonly Push[] =>
  images
    .flatMap((name) => Array.from({ length: rounds }, (_, round) => ({ name, tag: version(round + 1) })))
    .map((push) => ({ push, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ push }) => push)

/** As a few CI jobs side by side: what was not accepted is left over. */
async function pushAll(pushes: readonly Push[], world: World, accepted: (count: number) => void): Promise<readonly Push[]> {
  const left: Push[] = []
  const queue = [...pushes]
  let count = 0
  const job = async () => {
    for (let push = queue.shift(); push; push = queue.shift()) {
      const done = await pushImage({ registry: world.url, ...push }).then(
        () => true,
        () => false,
      )
      if (done) accepted((count += 1))
      else left.push(push)
    }
  }
  await Promise.all([job(), job(), job(), job()])
  return left
}

const git = (at: string, ...words: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com', ...words], { cwd: at, encoding: 'utf8', stdio: 'pipe' })

async function fleet(world: World): Promise<void> {
  const clone = join(folder, 'fleet')
  git(folder, 'clone', '-q', `${world.url}/demo/fleet.git`, clone)
  for (const [path, text] of files) {
    execFileSync('mkdir', ['-p', join(clone, path, '..')])
    writeFileSync(join(clone, path), text)
  }
  git(clone, 'add', '.')
  git(clone, 'commit', '-qm', 'Twenty')
  git(clone, 'push', '-q')
  await Promise.all(images.map((name) => pushImage({ registry: world.url, name, tag: '1.0.0' })))
  writeFileSync(join(folder, 'objects.yaml'), objects)
  expect(await run(['apply', '-f', 'objects.yaml'], { folder })).toMatchObject({ code: 0, error: '' })
}

/** Until the repository stands where it should, or time is over: the expectations say what is wrong. */
async function rest(tree: () => readonly string[]): Promise<void> {
  for (const until = Date.now() + 15_000; Date.now() < until && tree().join('') !== last.join('');)
    await new Promise((resolve) => setTimeout(resolve, 200))
}

test.each([7])(
  'a world killed in the middle of 200 pushes of 20 images, and restarted, ends in the right tree (seed %i)',
  async (seed) => {
    const random = mulberry(seed)
    const pushes = shuffled(random)
    let world = await startWorld(folder)
    await fleet(world)

    const killAt = 20 + Math.floor(random() * 160)
    const left = await pushAll(pushes, world, (count) => count === killAt && world.child.kill('SIGKILL'))
    expect((await world.ended).signal).toBe('SIGKILL')
    expect(left.length).toBeGreaterThan(10)

    world = await startWorld(folder)
    expect(await pushAll(left, world, () => undefined)).toEqual([])
    const bare = join(folder, '.tagboat/git/demo/fleet.git')
    await rest(() => files.map(([path]) => git(bare, 'show', `main:${path}`)))

    const clone = join(folder, 'after')
    git(folder, 'clone', '-q', `${world.url}/demo/fleet.git`, clone)
    expect(files.map(([path]) => git(clone, 'show', `HEAD:${path}`))).toEqual(last)
    const ids = git(clone, 'log', '--format=%(trailers:key=Tagboat-Id,valueonly,separator=)')
      .split('\n')
      .filter((id) => id !== '')
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(ids.length)
    for (const at of [clone, bare]) expect(git(at, 'fsck', '--strict', '--no-dangling')).toBe('')
    expect((await world.stop()).code).toBe(0)
  },
  120_000,
)

test.each([1, 2])('every event twice and in any order ends in the right tree, each tag written at most once (seed %i)', async (seed) => {
  const random = mulberry(seed)
  const world = await boxed({ files: Object.fromEntries(files) })
  for (const name of images) await world.push(name, '1.0.0')
  expect(await world.apply(objects)).toMatchObject({ ok: true })
  await world.rest()
  const first = world.boxes.bus.events().length
  for (const { name, tag } of shuffled(random)) await world.push(name, tag)
  // A rule delivers at least once, and in any order; the true order has been used up by the pushes themselves.
  const again = world.boxes.bus
    .events()
    .slice(first)
    .filter(({ source }) => source === 'aws.ecr')
    .map((event) => ({ event, at: random() }))
    .sort((a, b) => a.at - b.at)
  expect(again.length).toBe(images.length * rounds)
  for (const { event } of again) {
    world.boxes.bus.emit({ source: 'aws.ecr', detailType: 'ECR Image Action', detail: event.detail })
    if (random() < 0.1) await world.rest()
  }
  await world.minutes(2)
  expect(files.map(([path]) => world.gitRepo.read(path))).toEqual(last)
  const log = world.gitRepo.log()
  const ids = log.flatMap(({ message }) => /^Tagboat-Id: (\S+)/m.exec(message)?.[1] ?? [])
  expect(new Set(ids).size).toBe(ids.length)
  const { entries } = await world.world.store.entries('default', 'flux-system', { limit: 1_000 })
  const written = entries.flatMap(({ outcome }) => (outcome.is === 'committed' ? outcome.changes.map(({ newValue }) => newValue) : []))
  expect(new Set(written).size).toBe(written.length)
  expect(written.filter((value) => value.endsWith(`:${version(rounds)}`)).sort()).toEqual(
    images.map((name) => `${registry}/${name}:${version(rounds)}`).sort(),
  )
})
