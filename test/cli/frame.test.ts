// Words in, text and exit code out: without a world, in this process.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandsOf, type Command } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/main.ts'
import { Failure } from '../../src/core/failure.ts'
import { say } from './saying.ts'
import { temporary } from './worlds.ts'

const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', `${name.replaceAll(' ', '-')}.txt`)
const command = (more: Partial<Command>): Command => ({ name: 'do', about: '', flags: {}, examples: [], run: async () => 0, ...more })

describe('help', () => {
  test('of all commands is an answer, and an error where nothing was asked', async () => {
    const { error: overview, ...without } = await say([])
    expect(without).toEqual({ code: 2, out: '' })
    await expect(overview).toMatchFileSnapshot(golden('overview'))
    for (const words of [['--help'], ['-h'], ['help']]) expect(await say(words)).toEqual({ code: 0, out: overview, error: '' })
  })
  test.each(commandsOf(commands).map(({ name }) => name))('of %s shows its flags and examples', async (name) => {
    const { out, ...without } = await say([...name.split(' '), '--help'])
    expect(without).toEqual({ code: 0, error: '' })
    await expect(out).toMatchFileSnapshot(golden(name))
    for (const words of [
      [...name.split(' '), '-h'],
      ['help', ...name.split(' ')],
    ])
      expect(await say(words)).toEqual({ code: 0, out, error: '' })
  })
  test('every example of every command is a command that exists, with flags that it has', async () => {
    const examples = commandsOf(commands).flatMap((each) =>
      each.examples.map((example) => example.replace(/^.*\| /, '').replace(/^npm start( -- )?/, 'tagboat local ')),
    )
    for (const example of examples) {
      const [, ...words] = example.replace(/^npx /, '').trim().split(' ')
      expect([example, (await say([...words, '--help'])).code]).toEqual([example, 0])
    }
  })
  test('the version', async () => {
    expect(await say(['--version'])).toEqual({ code: 0, out: '1.2.3\n', error: '' })
  })
})

describe('wrong usage ends with 2 and says', () => {
  test.each([
    [['psuh', 'app:1'], 'there is no command "psuh" (did you mean "push"?)', '--help'],
    [['help', 'histroy'], 'there is no command "histroy" (did you mean "history"?)', '--help'],
    [['frobnicate'], 'there is no command "frobnicate"', '--help'],
    [['--hlep'], 'expected a command before "--hlep" (did you mean "--help"?)', '--help'],
    [['push', '--contnet', 'x', 'app:1'], 'there is no flag --contnet (did you mean "--content"?)', 'push --help'],
    [['push', '-x', 'app:1'], 'there is no flag -x', 'push --help'],
    [['local', '--fresh=yes'], 'expected --fresh without a value, got "yes"', 'local --help'],
    [['local', '--port'], 'expected NUMBER after --port, got nothing', 'local --help'],
    [['local', '--port', '--fresh'], 'expected NUMBER after --port, got "--fresh" (if that is meant: --port=--fresh)', 'local --help'],
    [['local', '--port', '70000'], 'expected --port to be a number from 0 to 65535, got "70000"', 'local --help'],
    [['local', 'here'], 'unexpected "here"', 'local --help'],
    [['push'], 'expected an image such as app:1.2.4, got none', 'push --help'],
    [['push', 'app'], 'expected NAME:TAG such as app:1.2.4, got "app"', 'push --help'],
    [['push', 'App:1'], 'expected NAME:TAG such as app:1.2.4, got "App:1"', 'push --help'],
    [['apply'], 'expected -f FILE, got none', 'apply --help'],
    [['apply', 'x.yaml', '-f', 'y.yaml'], 'unexpected "x.yaml": files are named with -f', 'apply --help'],
    [['apply', '-f', 'nowhere.yaml'], 'there is no file or folder "nowhere.yaml"', 'apply --help'],
    [
      ['get'],
      'expected what to get: images, images policy, images repository, images update, images all, source git, receivers, targets, all',
      'get --help',
    ],
    [['get', 'imges'], 'there is nothing called "imges" to get (did you mean "images"?)', 'get --help'],
    [['get', 'images', '-o', 'jsno'], 'expected -o json or -o yaml, got "jsno" (did you mean "json"?)', 'get --help'],
    [['get', 'images', '-w', '-o', 'json'], 'expected --watch or -o json, got both', 'get --help'],
    [['history', '--limit', 'all'], 'expected --limit to be a whole number above 0, got "all"', 'history --help'],
    [['history', 'app', 'web'], 'expected one policy at most, got "app" and "web"', 'history --help'],
    [['plan', 'app'], 'unexpected "app": plan shows all targets of a scope', 'plan --help'],
  ])('%j', async (words, message, see) => {
    expect(await say(words)).toEqual({ code: 2, out: '', error: `tagboat: ${message}\nSee: tagboat ${see}\n` })
  })
})

describe('a failure ends with 1', () => {
  test.each([
    [['plan', '--dir', 'there'], {}],
    [['plan'], { TAGBOAT_DIR: 'there' }],
  ])('and %j with %j says that no world runs there, and how to start one', async (words, environment) => {
    expect(await say(words, { environment })).toEqual({
      code: 1,
      out: '',
      error:
        'tagboat plan: no boxed world is running in there: start one with "npm start" (or "npx tagboat local --dir there") in another terminal\n',
    })
  })
  test('and a folder that holds a world means that world, also while it does not run and AWS would answer', async () => {
    const { folder, remove } = temporary()
    const below = join(folder, 'deeper/still')
    mkdirSync(join(folder, '.tagboat'), { recursive: true })
    mkdirSync(below, { recursive: true })
    writeFileSync(join(folder, '.tagboat/state.json'), '{"tagboat":1}')
    const { code, error } = await say(['get', 'images'], { folder: below, environment: { AWS_PROFILE: 'ops' } })
    expect([code, error.split(':')[1]]).toEqual([1, ` no boxed world is running in ${join(folder, '.tagboat')}`])
    remove()
  })
  test('with its message alone, where it was foreseen', async () => {
    const fails = command({ run: () => Promise.reject(new Failure('some-code', 'expected rain, met sun: wait')) })
    expect(await say(['do'], { all: [fails] })).toEqual({ code: 1, out: '', error: 'tagboat do: expected rain, met sun: wait\n' })
  })
  test('with all that helps to find it, where it was not', async () => {
    const fails = command({ run: () => Promise.reject(new TypeError('x is not a function')) })
    const { code, error } = await say(['do'], { all: [fails] })
    expect([code, error.split('\n')[0], /frame\.test\.ts:\d+/.test(error)]).toEqual([
      1,
      'tagboat do: unexpected: TypeError: x is not a function',
      true,
    ])
  })
})

describe('flags', () => {
  const seen: unknown[] = []
  const echo = command({
    flags: {
      name: { type: 'string', short: 'n', value: 'NAME', about: '' },
      file: { type: 'string', short: 'f', multiple: true, about: '' },
      quick: { type: 'boolean', short: 'q', about: '' },
    },
    run: async ({ words, text, texts, is }) => (seen.push([words, text('name'), texts('file'), is('quick')]), 0),
  })
  test.each([
    [
      ['a', '-n', 'x', 'b'],
      [['a', 'b'], 'x', [], false],
    ],
    [
      ['--name=x', '-q'],
      [[], 'x', [], true],
    ],
    [
      ['-f', '-', '-f', 'y'],
      [[], undefined, ['-', 'y'], false],
    ],
    [
      ['-qn', 'x'],
      [[], 'x', [], true],
    ],
    [
      ['--', '--name'],
      [['--name'], undefined, [], false],
    ],
    [['--name=--quick'], [[], '--quick', [], false]],
  ])('%j', async (words, expected) => {
    seen.length = 0
    expect((await say(['do', ...words], { all: [echo] })).code).toBe(0)
    expect(seen).toEqual([expected])
  })
})

describe('Ctrl-C', () => {
  const never = command({ run: () => new Promise(() => undefined) })
  test('ends a command that waits, as a failure', async () => {
    const interrupt = new AbortController()
    const done = say(['do'], { all: [never], interrupted: interrupt.signal })
    interrupt.abort('interrupted')
    expect(await done).toEqual({ code: 1, out: '', error: 'interrupted\n' })
  })
  test('is silent where only the reader has gone', async () => {
    const interrupt = new AbortController()
    interrupt.abort('closed')
    expect(await say(['do'], { all: [never], interrupted: interrupt.signal })).toEqual({ code: 0, out: '', error: '' })
  })
  test('is left to a command that lasts', async () => {
    const interrupt = new AbortController()
    interrupt.abort('interrupted')
    const lasts = command({ lasting: () => true, run: async () => 0 })
    expect(await say(['do'], { all: [lasts], interrupted: interrupt.signal })).toEqual({ code: 0, out: '', error: '' })
  })
})
