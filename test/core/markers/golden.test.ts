import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkoutIn } from '../../../src/adapters/checkout.ts'
import { type PolicyRef, prepare, updateTree } from '../../../src/core/markers.ts'

const folder = fileURLToPath(new URL('../../golden/markers', import.meta.url))
const policies = JSON.parse(readFileSync(join(folder, 'policies.json'), 'utf8')) as readonly PolicyRef[]

test('a small repository becomes what its golden copy is, byte for byte', () => {
  const prepared = prepare(policies, 'flux-system')
  if (!prepared.ok) throw new Error(prepared.error)
  const update = updateTree(checkoutIn(join(folder, 'before')), { setting: prepared.setting })
  if (!update.ok) throw new Error(update.error)
  const read = (half: string, path: string): string => readFileSync(join(folder, half, path), 'latin1')
  const paths = readdirSync(join(folder, 'before'), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(join(folder, 'before').length + 1))
    .sort()
  for (const path of paths) {
    const edited = update.files.get(path)
    expect({ path, text: edited ? Buffer.from(edited).toString('latin1') : read('before', path) }).toEqual({
      path,
      text: read('after', path),
    })
  }
  expect(update.skipped.map(({ file, why }) => [file, why])).toEqual([['apps/template.yaml', 'malformed-yaml']])
  expect([...update.files.keys()].sort()).toEqual([
    'apps/api/release.yaml',
    'apps/web/Kustomization',
    'apps/web/deployment.yaml',
    'apps/web/values.yml',
    'clusters/list.yaml',
  ])
})
