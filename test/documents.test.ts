import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { kinds } from '../src/core/spec.ts'
import { unsupported } from '../src/core/spec/unsupported.ts'

const home = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(home, file), 'utf8')

test('the page of dependencies names each one and its licence, and no other', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', object>
  const licences = Object.keys({ ...dependencies, ...devDependencies }).map((name) => {
    const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as { readonly license: string }
    return `${name} ${license}`
  })
  const [taken = ''] = read('docs/decisions/0007-dependencies.md').split('## Written by hand')
  const named = [...taken.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, name = '', licence = '']) => `${name} ${licence}`)
  expect(named.sort()).toEqual(licences.sort())
})

test.each(Object.keys(kinds) as (keyof typeof kinds)[])('the page of %s names every field, honoured or not', (kind) => {
  const page = read(`docs/spec/${kind.toLowerCase()}.md`)
  const schema = kinds[kind].schema as { readonly entries?: object; readonly pipe?: readonly { readonly entries?: object }[] }
  const fields = Object.keys(schema.entries ?? schema.pipe?.[0]?.entries ?? {})
  expect(fields.length).toBeGreaterThan(0)
  expect(fields.filter((field) => !page.includes(`\`spec.${field}`))).toEqual([])
  const last = unsupported[kind].map(({ at }) => at.at(-1) ?? '').filter((field) => !new RegExp(`\`[^\`|]*\\b${field}\\b`).test(page))
  expect(last).toEqual([])
})
