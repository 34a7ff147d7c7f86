import { describe, expect, test } from 'vitest'
import { distanceOf, essence, marksIn, mayMerge, proposalText, withMarks } from '../../src/core/proposal.ts'
import type { RecordedChange } from '../../src/core/state.ts'

const policy = { scope: 'default', namespace: 'flux-system', name: 'app' }
const change = (oldValue: string, newValue: string, more: Partial<RecordedChange> = {}): RecordedChange => ({
  path: 'apps/app.yaml',
  setter: 'flux-system:app',
  oldValue,
  newValue,
  policy,
  ...more,
})

describe('how large a change is', () => {
  test.each([
    ['1.2.3', '1.2.4', 'patch'],
    ['example.com:5000/app:1.2.3', 'example.com:5000/app:1.3.0', 'minor'],
    ['ghcr.io/org/app:v1.2.3', 'ghcr.io/org/app:v2.0.0', 'major'],
    ['1.3.0', '1.2.0', 'minor'],
    ['1.2.3-rc.1', '1.2.3', 'patch'],
    ['app:1.2.3@sha256:aa', 'app:1.2.3@sha256:bb', 'patch'],
    ['app:latest@sha256:aa', 'app:latest@sha256:bb', 'major'],
    ['main-abc-100', 'main-def-200', 'major'],
    ['app', 'app:1.2.3', 'major'],
  ])('from %s to %s is %s', (from, to, distance) => {
    expect(distanceOf([change(from, to)])).toBe(distance)
  })

  test('is the largest of its steps', () => {
    expect(distanceOf([change('1.0.0', '1.0.1'), change('1.0.0', '1.1.0')])).toBe('minor')
  })

  test.each([
    [true, '9.0.0', true],
    [false, '1.0.1', false],
    [undefined, '1.0.1', false],
    [['patch'], '1.0.1', true],
    [['patch'], '1.1.0', false],
    [['patch', 'minor'], '1.1.0', true],
    [['minor'], '1.0.1', false],
  ] as const)('merges by itself with %j to %s: %s', (autoMerge, to, may) => {
    expect(mayMerge(autoMerge === undefined || typeof autoMerge === 'boolean' ? autoMerge : [...autoMerge], [change('1.0.0', to)])).toBe(
      may,
    )
  })
})

describe('the text of a pull request', () => {
  const text = (changes: readonly RecordedChange[], said: { title?: string; body?: string } = {}) =>
    proposalText({ automation: { ...policy, name: 'fleet' }, changes }, [], { ...said, wish: {} })

  test('has a title of one line, ours where the template gives none', () => {
    expect([
      text([change('app:1.0.0', 'app:1.1.0')]).title,
      text([change('app:1.0.0', 'app:1.1.0'), change('1.0.0', '1.1.0')]).title,
      text([], { title: 'Deploy\nand more' }).title,
      text([change('1.0.0', '1.1.0')], { title: ' \n' }).title,
      text([], { title: 'x'.repeat(300) }).title.length,
    ]).toEqual(['Update app to 1.1.0', 'Update app to 1.1.0', 'Deploy', 'Update app to 1.1.0', 250])
  })

  test('takes nothing in a name for a mention, a column or a comment', () => {
    const { body } = text([change('a|b', 'x', { path: '`@everyone`\n<!--.yaml' })])
    expect(body).toContain("| `'@everyone''<!--.yaml` | `a\\|b` | `x` |")
  })

  test('shows the first hundred files, and how many more there are', () => {
    const { body } = text(Array.from({ length: 120 }, (_, at) => change('1', '2', { path: `${at}.yaml` })))
    expect([body.includes('`99.yaml`'), body.includes('`100.yaml`'), body.includes('and 20 more')]).toEqual([true, false, true])
  })
})

describe('the hidden marks', () => {
  const marks = { id: '01abc', change: 'aa11', text: 'bb22' }

  test('are found again in what a person wrote around them', () => {
    const body = withMarks('Hello', marks)
    expect(marksIn(`Before\r\n${body}\r\nafter`)).toEqual(marks)
    expect(marksIn('nothing here')).toBeUndefined()
  })

  test('stand once, however often they are written', () => {
    const twice = withMarks(withMarks('Hello', marks), { ...marks, withdrawn: true })
    expect([twice.match(/<!--/g)?.length, marksIn(twice)]).toEqual([1, { ...marks, withdrawn: true }])
  })
})

test('two changes are the same by what they set where, in whatever order', () => {
  const [a, b] = [change('1', '2', { path: 'a' }), change('1', '2', { path: 'b' })]
  expect(essence([a, b])).toBe(essence([{ ...b, oldValue: '0' }, a]))
  expect(essence([a])).not.toBe(essence([{ ...a, newValue: '3' }]))
})
