import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { blobId } from '../../../src/adapters/github/blob-id.ts'
import { treeId } from '../../../src/adapters/github/tree-id.ts'

test('a tree has the id that Git gives to it, whatever the order of its files', () => {
  const root = mkdtempSync(join(tmpdir(), 'tagboat-tree-'))
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', root, ...args])
      .toString()
      .trim()
  // `a.yaml`, `a/` and `a0`: a folder sorts as if its name ended with a slash.
  const files = ['a/b/c.yaml', 'a.yaml', 'a0', 'a-b/x.yaml', 'größe.yaml', 'Z.yaml'].map((path) => ({ path, text: `of ${path}\n` }))
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  writeFileSync(join(root, 'run.sh'), 'run')
  chmodSync(join(root, 'run.sh'), 0o755)
  symlinkSync('a.yaml', join(root, 'link.yaml'))
  git('init', '-q')
  git('add', '.')
  const bytes = (text: string) => new TextEncoder().encode(text)
  const entries = [
    ...files.map(({ path, text }) => ({ path, blob: blobId(bytes(text)), mode: 'file' as const })),
    { path: 'run.sh', blob: blobId(bytes('run')), mode: 'executable' as const },
    { path: 'link.yaml', blob: blobId(bytes('a.yaml')), mode: 'link' as const },
  ]
  expect([treeId(entries), treeId([...entries].reverse())]).toEqual([git('write-tree'), git('write-tree')])
  expect(treeId([])).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904')
  rmSync(root, { recursive: true })
})
