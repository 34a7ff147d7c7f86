import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { say, type Said } from './saying.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tagboat-lint-'))
  write(
    'clusters/images.yaml',
    `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app, namespace: flux-system }
spec: { image: ghcr.io/example/app, interval: 5m }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app, namespace: flux-system }
spec: { imageRepositoryRef: { name: app }, policy: { numerical: {} }, filterTags: { pattern: '^[0-9a-f]+$' } }
`,
  )
  write('apps/app.yaml', 'image: ghcr.io/example/app:1 # {"$imagepolicy": "flux-system:app"}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const lint = (...words: readonly string[]): Promise<Said> => say(['lint', ...words], { folder })

test('a warning is told, and is a failure only for whoever is strict', async () => {
  const said = await lint()
  const warning =
    'clusters/images.yaml:6: warning number-poison: ImagePolicy "app": "a" is not a number, and one such tag fails the whole policy: let filterTags take numbers only, such as "^[0-9]+$"\n'
  expect(said).toEqual({ code: 0, out: `${warning}0 errors, 1 warning\n`, error: '' })
  expect((await lint('.', '--strict')).code).toBe(1)
})

test('with the tags that there are, nothing is made up', async () => {
  write('tags.json', JSON.stringify({ 'ghcr.io/example/app': ['1', '2', 'latest'] }))
  expect(await lint('--tags', 'tags.json', '--strict')).toEqual({ code: 0, out: '0 errors, 0 warnings\n', error: '' })
})

test('an error is one in JSON, too; files of Git and of packages are not looked at', async () => {
  const wrong = '# {"$imagepolicy": "flux-system:app"}\nimage: ghcr.io/example/app:1\n'
  for (const path of ['apps/wrong.yaml', '.git/wrong.yaml', 'node_modules/x/wrong.yaml', 'README.md']) write(path, wrong)
  const { code, out } = await lint('-o', 'json')
  const found = (JSON.parse(out) as readonly { readonly code: string; readonly file: string; readonly line: number }[]).map(
    ({ code: what, file, line }) => [what, file, line],
  )
  expect([code, found]).toEqual([
    1,
    [
      ['marker-above-key', 'apps/wrong.yaml', 1],
      ['number-poison', 'clusters/images.yaml', 6],
    ],
  ])
})

test('what kustomize has built is taken from standard input, as it is', async () => {
  const { code, out } = await say(['lint', '.', '--manifests', '-'], { folder, input: async () => 'kind: ConfigMap\napiVersion: v1\n' })
  expect([
    code,
    out.startsWith('apps/app.yaml:1: error marker-unknown-policy: there is no ImagePolicy "app" in namespace "flux-system"'),
  ]).toEqual([1, true])
})
