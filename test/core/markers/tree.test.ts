import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkoutIn, writeOver } from '../../../src/adapters/checkout.ts'
import { checkoutOf, clampPath, updateTree } from '../../../src/core/markers.ts'

const text = (tag: string): string => `a: ${tag} # {"$imagepolicy": "ns:app:tag"}\n`
const setting = { values: new Map([['ns:app:tag', 'v2']]) }
const files = {
  'apps/a.yaml': text('v1'),
  'apps/b/c.yml': text('v1'),
  'apps/b/d.txt': text('v1'),
  'apps/e.yaml': text('v2'),
  'bad.yaml': `${text('v1')}[`,
}
const links = {
  'link.yaml': 'apps/a.yaml',
  'apps/up.yaml': '../apps/b/c.yml',
  'dangling.yaml': 'nowhere.yaml',
  folder: 'apps/b',
  'out.yaml': '/etc/hosts',
  'outside.yaml': '../../x.yaml',
  'loop.yaml': 'loop.yaml',
}

const inMemory = checkoutOf(
  new Map(Object.entries(files).map(([path, content]) => [path, new TextEncoder().encode(content)])),
  new Map(Object.entries(links)),
)

const root = mkdtempSync(join(tmpdir(), 'checkout-'))
for (const [path, content] of Object.entries(files)) {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
}
for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
afterAll(() => rmSync(root, { recursive: true }))

for (const [where, checkout] of Object.entries({ memory: inMemory, disk: checkoutIn(root) })) {
  const outcome = (updatePath?: string) => {
    const update = updateTree(checkout, { setting, ...(updatePath === undefined ? {} : { updatePath }) })
    return update.ok
      ? {
          written: [...update.files.keys()].sort(),
          reported: update.changes.map(({ file }) => file),
          skipped: update.skipped.map(({ file, why }) => `${file}: ${why}`),
        }
      : update.error
  }

  test.each([
    [
      undefined,
      {
        written: ['apps/a.yaml', 'apps/b/c.yml'],
        reported: ['apps/a.yaml', 'apps/b/c.yml', 'apps/up.yaml', 'link.yaml'],
        skipped: ['bad.yaml: malformed-yaml'],
      },
    ],
    ['./apps/', { written: ['apps/a.yaml', 'apps/b/c.yml'], reported: ['a.yaml', 'b/c.yml', 'up.yaml'], skipped: [] }],
    ['../../apps/b', { written: ['apps/b/c.yml'], reported: ['c.yml'], skipped: [] }],
    ['folder', { written: ['apps/b/c.yml'], reported: ['c.yml'], skipped: [] }],
    ['apps/b/c.yml', { written: ['apps/b/c.yml'], reported: ['c.yml'], skipped: [] }],
    ['apps/b/d.txt', { written: [], reported: [], skipped: [] }],
    ['missing/dir', 'walking path for files: lstat $ROOT/missing/dir: no such file or directory'],
    ['apps/a.yaml/x', 'walking path for files: lstat $ROOT/apps/a.yaml/x: not a directory'],
  ])(`in ${where}, the update path %s`, (updatePath, expected) => {
    expect(outcome(updatePath)).toEqual(expected)
  })
}

test('an update path never leaves the checkout', () => {
  expect(['', '/', '../..', 'a/../../b', '/etc/passwd', 'out.yaml'].map((path) => clampPath(inMemory, path))).toEqual([
    '',
    '',
    '',
    'b',
    'etc/passwd',
    'etc/hosts',
  ])
})

test('writing over a file keeps its mode and leaves nothing of the old text', () => {
  const path = join(root, 'mode.yaml')
  writeFileSync(path, 'a long text that was there before', { mode: 0o755 })
  writeOver(path, new TextEncoder().encode('short'))
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['short', 0o755])
})
