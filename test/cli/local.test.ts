// `tagboat local` as a process: how it starts, what it refuses, how it ends.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { pushImage } from '../../src/cli/image.ts'
import { say, type Said } from './saying.ts'
import { run, start, startWorld, temporary, until, type Ran, type World } from './worlds.ts'

// Processes of their own take their time where others do, too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
const { folder, remove } = temporary()
afterAll(remove)
const place = (name: string): string => {
  mkdirSync(join(folder, name), { recursive: true })
  return join(folder, name)
}

describe('a world', () => {
  let world: World
  let home: string
  beforeAll(async () => {
    home = place('home')
    world = await startWorld(home)
  })

  test('greets with where it is and three lines to paste, and with nothing else', () => {
    expect(world.out().replaceAll(world.url, 'http://HOST').replaceAll(world.url.slice('http://'.length), 'HOST')).toBe(
      readFileSync(join(import.meta.dirname, '../golden/cli/greeting.txt'), 'utf8'),
    )
    expect(world.error()).toBe('')
  })
  test('serves its dashboard and its registry', async () => {
    const [page, registry] = await Promise.all([fetch(world.url), fetch(`${world.url}/v2/`)])
    expect([page.status, page.headers.get('content-type'), registry.status]).toEqual([200, 'text/html; charset=utf-8', 200])
  })
  test('refuses a second one on its folder, from wherever it is named', async () => {
    const second = say(['local', '--port', '0', '--dir', 'home/.tagboat'], { folder })
    expect(await second).toEqual({
      code: 1,
      out: '',
      error: `tagboat local: a boxed world is already running in ${home}/.tagboat (process ${world.child.pid}, ${world.url}): stop it, or name another folder with --dir\n`,
    })
  })
  test('keeps its state out of commits', () => {
    expect(readFileSync(join(home, '.tagboat/.gitignore'), 'utf8')).toBe('*\n')
  })
  test('ends with 0 within two seconds of a Ctrl-C while pushes are under way, and what was accepted survives', async () => {
    const accepted: string[] = []
    const push = async (lane: number) => {
      for (let at = 0; at < 100; at++) {
        const tag = `2.${lane}.${at}`
        await pushImage({ registry: world.url, name: 'app', tag })
        accepted.push(tag)
      }
    }
    const lanes = [0, 1, 2, 3].map((lane) => push(lane).catch(() => undefined))
    await until(world, () => (accepted.length > 8 ? true : undefined))
    // On a machine that has other things to do everything takes longer, also an empty program.
    const idle = await timed(() => execFileSync(process.execPath, ['-e', '0']))
    let ended: Ran | undefined
    const took = await timed(async () => (ended = await world.stop()))
    expect([ended?.code, ended?.signal, ended?.error, took < 1_800 + 5 * idle]).toEqual([0, null, '', true])
    expect(ended?.out.trimEnd().split('\n').at(-1)).toBe('stopping; the state is kept, "--fresh" forgets it')
    await Promise.all(lanes)
    world = await startWorld(home)
    const tags = ((await (await fetch(`${world.url}/v2/app/tags/list`)).json()) as { tags: readonly string[] }).tags
    expect(accepted.filter((tag) => !tags.includes(tag))).toEqual([])
    // Which of two lanes was ahead is chance; the highest tag that the registry holds is what the marker must show.
    const highest = tags
      .map((tag) => tag.split('.').map(Number))
      .sort(compare)
      .at(-1)
      ?.join('.')
    await until(world, () => (deployed(home).includes(`/app:${highest} `) ? true : undefined))
    expect(deployed(home).match(/\/app:[^ "]+/g)).toEqual([`/app:${highest}`, `/app:${highest}`])
  })
  test('that was killed leaves nothing to clean up: the next one takes its folder over', async () => {
    expect((await world.stop('SIGKILL')).signal).toBe('SIGKILL')
    expect(existsSync(join(home, '.tagboat/world.json'))).toBe(true)
    world = await startWorld(home)
    expect(deployed(home)).toMatch(/\/app:2\./)
  })
  test('forgets the past with --fresh', async () => {
    expect((await world.stop('SIGTERM')).code).toBe(0)
    expect(existsSync(join(home, '.tagboat/world.json'))).toBe(false)
    world = await startWorld(home, '--fresh')
    expect(deployed(home).match(/\/app:[^ "]+/g)).toEqual(['/app:1.2.3', '/app:1.2.3'])
    expect((await world.stop()).code).toBe(0)
  })
})

async function timed(work: () => unknown): Promise<number> {
  const began = Date.now()
  await work()
  return Date.now() - began
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((part, index) => part !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

const deployed = (home: string): string =>
  execFileSync('git', ['--git-dir', join(home, '.tagboat/git/demo/fleet.git'), 'show', 'main:apps/app/deployment.yaml'], {
    encoding: 'utf8',
  })

describe('a start that cannot be', () => {
  const refused = (message: string): Said => ({ code: 1, out: '', error: `tagboat local: ${message}\n` })

  test('names the port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(await say(['local', '--port', String(port)], { folder: place('taken') })).toEqual(
      refused(`port ${port} is taken: choose another one with --port, or --port 0 for any`),
    )
    other.close()
  })
  test('asks for git where there is none', async () => {
    const bin = place('bin-without-git')
    symlinkSync(process.execPath, join(bin, 'node'))
    expect(await run(['local', '--port', '0'], { folder: place('no-git'), environment: { PATH: bin } })).toEqual({
      ...refused('git was not found on the PATH: install it, the boxed repository is cloned and pushed with it'),
      signal: null,
    })
  })
  test('names a file that stands where the folder should be', async () => {
    const at = place('file')
    writeFileSync(join(at, '.tagboat'), 'mine')
    const ran = await say(['local', '--port', '0'], { folder: at })
    expect([
      ran.code,
      ran.error.split('\n').length,
      ran.error.startsWith(`tagboat local: the folder ${at}/.tagboat cannot be made (EEXIST`),
    ]).toEqual([1, 2, true])
  })
  test('never empties a folder that is not of a world, not even with --fresh', async () => {
    const at = place('mine')
    mkdirSync(join(at, 'git'))
    writeFileSync(join(at, 'git/precious'), 'yes')
    expect(await say(['local', '--port', '0', '--fresh', '--dir', '.'], { folder: at })).toEqual(
      refused(`the folder ${at} has a "git" that is not of a boxed world: name an empty or a new folder with --dir`),
    )
    expect(readFileSync(join(at, 'git/precious'), 'utf8')).toBe('yes')
  })
})

describe('a broken state ends the start with one line, and --fresh repairs it', () => {
  let whole: string
  beforeAll(async () => {
    whole = place('whole')
    await (await startWorld(whole)).stop()
  })
  const garbage = '{{{ not\nwhat we wrote'
  const fill = (at: string, ...files: readonly string[]) => {
    for (const file of files) writeFileSync(join(at, file), garbage)
  }
  test.concurrent.each<readonly [string, (state: string) => void]>([
    ['the table', (state) => fill(state, ...readdirSync(join(state, 'table')).map((file) => `table/${file}`))],
    ['the registry', (state) => fill(state, 'registry/changes.jsonl')],
    ['the secrets', (state) => fill(state, 'secrets.json')],
    ['the key', (state) => fill(state, 'app.pem')],
    ['the repository', (state) => fill(state, 'git/demo/fleet.git/HEAD', 'git/demo/fleet.git/tagboat.json')],
    ['the marker of the folder', (state) => fill(state, 'state.json')],
  ])('%s', async (name, breakIt) => {
    const home = place(name.replaceAll(' ', '-'))
    cpSync(join(whole, '.tagboat'), join(home, '.tagboat'), { recursive: true })
    breakIt(join(home, '.tagboat'))
    const ran = await run(['local', '--port', '0'], { folder: home })
    expect([ran.code, ran.out]).toEqual([1, ''])
    expect(ran.error).toMatch(/^tagboat local: the state in .*: start with --fresh to forget it, or name another folder with --dir\n$/)
  })
  test('repaired', async () => {
    const world = await startWorld(join(folder, 'the-table'), '--fresh')
    expect(deployed(join(folder, 'the-table'))).toContain('/app:1.2.3')
    expect((await world.stop()).code).toBe(0)
  })
})

test('whoever stops reading ends it, too', async () => {
  const running = start(['local', '--port', '0', '--bare'], { folder: place('unread') })
  await until(running, () => (running.out().includes('Ctrl-C') ? true : undefined))
  running.child.stdout?.destroy()
  running.child.kill('SIGHUP')
  expect((await running.ended).code).toBe(0)
})
