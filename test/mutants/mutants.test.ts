import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { edited, root } from './copy.ts'
import { mutants } from './list.ts'

test.each(mutants)('the patch of $name fits the source as it is: each of its edits stands there exactly once', ({ patch }) => {
  const files = edited(patch, (file) => readFileSync(join(root, file), 'utf8'))
  expect(files.size).toBeGreaterThan(0)
})

test('mutants have names of their own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})
