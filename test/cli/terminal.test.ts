import { describe, expect, test } from 'vitest'
import { alike, paint, patiently, table } from '../../src/cli/terminal.ts'

const header = ['NAME', 'TAG', 'MESSAGE']
const rows = [
  ['app', '1.2.4', 'fine'],
  ['app-staging', '1', ''],
]

describe('a table', () => {
  test('on a terminal has aligned columns and nothing after the last word', () => {
    expect(table({ live: true }, header, rows).split('\n')).toEqual([
      'NAME          TAG     MESSAGE',
      'app           1.2.4   fine',
      'app-staging   1',
    ])
  })
  test('in a pipe has one tab between columns', () => {
    expect(table({ live: false }, header, rows)).toBe('NAME\tTAG\tMESSAGE\napp\t1.2.4\tfine\napp-staging\t1\t')
  })
  test('can do without its header', () => {
    expect(table({ live: false }, header, rows, { header: false })).toBe('app\t1.2.4\tfine\napp-staging\t1\t')
  })
  test('keeps a row on its line, and a terminal unharmed, whatever a cell holds', () => {
    expect(table({ live: false }, ['A', 'B'], [['x\ty\nz', '\u001b[31mred']], { header: false })).toBe('x y z\t [31mred')
  })
  test('without rows is its header', () => {
    expect(table({ live: true }, header, [])).toBe('NAME   TAG   MESSAGE')
  })
})

test('colours are for terminals that want them', () => {
  expect(paint({ colours: true }, 'red', 'no')).toBe('\u001b[31mno\u001b[0m')
  expect(paint({ colours: false }, 'red', 'no')).toBe('no')
})

test('markers that change alike are one line that says how many they are', () => {
  const changes = [{ path: 'a' }, { path: 'b' }, { path: 'a' }]
  expect(alike(changes, ({ path }) => path)).toEqual([
    { change: { path: 'a' }, times: ' (2 markers)' },
    { change: { path: 'b' }, times: '' },
  ])
})

describe('waiting', () => {
  const wait = async (milliseconds: number, live = true): Promise<readonly string[]> => {
    const said: string[] = []
    const work = new Promise<number>((resolve) => setTimeout(() => resolve(7), milliseconds))
    expect(await patiently({ live, colours: false, error: (text) => said.push(text) }, 'waiting for the commit', work, 30)).toBe(7)
    return said
  }
  test('for a moment needs no words', async () => {
    expect(await wait(0)).toEqual([])
  })
  test('for longer says for what', async () => {
    expect(await wait(120)).toEqual(['waiting for the commit…'])
  })
  test('says nothing where no person looks', async () => {
    expect(await wait(120, false)).toEqual([])
  })
})
