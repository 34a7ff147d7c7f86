import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { simulate } from './simulate.ts'

describe('a world in which things go wrong', () => {
  test('comes right whenever it comes to rest', async () => {
    const { report } = await simulate({ seed: 11, pushes: 120, level: 2, images: 12 })
    expect(report.violations).toEqual([])
    expect(report.pushes).toBe(120)
    expect(report.commits).toBeGreaterThan(0)
    expect(report.oracleChecks).toBeGreaterThan(0)
  }, 60_000)

  test('is the same world again from the same seed', async () => {
    const settings = { seed: 12, pushes: 40, level: 3, images: 12 } as const
    expect(JSON.stringify((await simulate(settings)).report)).toBe(JSON.stringify((await simulate(settings)).report))
  }, 60_000)

  test("is the same world whether AWS's own clients carry its requests or the short way does", async () => {
    const settings = { seed: 13, pushes: 30, level: 3, images: 12 } as const
    expect((await simulate({ ...settings, sdk: true })).report).toEqual((await simulate(settings)).report)
  }, 60_000)
})

test('the oracle shares no code with what it judges', () => {
  const text = readFileSync(new URL('oracle.ts', import.meta.url), 'utf8')
  expect(ts.preProcessFile(text).importedFiles).toEqual([])
})

describe('a mistake on purpose is noticed', () => {
  const quick = ['a commit lands on whatever head is there', 'an event is believed without asking the registry', 'history is not written']
  test.each(mutants.filter(({ name }) => quick.includes(name)))(
    '$name',
    async ({ around, noticed }) => {
      const { report } = await simulate({ seed: 1, pushes: 60, level: 1, images: 12, around })
      expect(report.violations.some((violation) => noticed.test(violation))).toBe(true)
    },
    60_000,
  )
})
