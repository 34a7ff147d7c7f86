// Trees and merges: the ids must be Git's, whatever the order of the edits.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editTree, listTree, openGit } from '../../src/local/github/git.ts'
import { memoryBacking } from '../../src/local/github/memory.ts'
import { mergeTrees } from '../../src/local/github/merging.ts'

const git = openGit(memoryBacking())
const edits = (files: Readonly<Record<string, string | null>>) =>
  new Map(
    Object.entries(files).map(([path, text]) => [path, text === null ? null : { mode: '100644', oid: git.writeBlob(Buffer.from(text)) }]),
  )
const treeOf = (files: Readonly<Record<string, string>>) => editTree(git, '', edits(files))
const filesOf = (tree: string) =>
  Object.fromEntries(
    [...listTree(git, tree, true)].flatMap(({ path, mode, oid }) => (mode === '40000' ? [] : [[path, git.blob(oid)?.toString('utf8')]])),
  )

test('a tree has the id that git gives it, also where a folder sorts as if its name ended in a slash', () => {
  const files = {
    'a.b': '1',
    'a/b': '2',
    'a/c/d': '3',
    a0: '4',
    'a-': '5',
    ab: '6',
    'ü/é': '7',
    '中.yaml': '8',
    '\u{1f600}': '9',
    '\uffee': '10',
    Z: '11',
  }
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-trees-'))
  const run = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder }).toString('utf8').trim()
  run('init', '-q')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  run('-c', 'core.autocrlf=false', 'add', '-A')
  expect(treeOf(files)).toBe(run('write-tree'))
  rmSync(folder, { recursive: true, force: true })
})

// Few names, so that files and folders meet; a path must not be a file and a folder at once.
const name = fc.constantFrom('a', 'b', 'a.b', 'ab', 'a-')
const someFiles = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}/file`),
  fc.string(),
  { maxKeys: 12 },
)

test('edits one by one, in any order, make the tree that edits at once make', () => {
  fc.assert(
    fc.property(someFiles, someFiles, fc.array(fc.nat(), { minLength: 30, maxLength: 30 }), (before, after, order) => {
      const gone = Object.fromEntries(
        Object.keys(before)
          .filter((path) => !(path in after))
          .map((path) => [path, null]),
      )
      const steps = Object.entries<string | null>({ ...gone, ...after }).map((step, at) => ({ step, at: order[at] ?? 0 }))
      let tree = treeOf(before)
      for (const { step } of steps.sort((a, b) => a.at - b.at)) tree = editTree(git, tree, edits(Object.fromEntries([step])))
      expect(tree).toBe(treeOf(after))
      expect(filesOf(tree)).toEqual(after)
    }),
  )
})

test('merging what only one side changed takes that side, from either side', () => {
  fc.assert(
    fc.property(someFiles, someFiles, (base, changed) => {
      const [old, fresh] = [treeOf(base), treeOf(changed)]
      expect(mergeTrees(git, old, old, fresh)).toEqual({ clean: true, tree: fresh })
      expect(mergeTrees(git, old, fresh, old)).toEqual({ clean: true, tree: fresh })
      expect(mergeTrees(git, old, fresh, fresh)).toEqual({ clean: true, tree: fresh })
    }),
  )
})

const lines = (...list: readonly string[]) => list.map((line) => `${line}\n`).join('')
test.each([
  ['far apart', lines('1', 'b', 'c', 'd'), lines('a', 'b', 'c', '4'), lines('1', 'b', 'c', '4')],
  ['the same', lines('a', 'X', 'c', 'd'), lines('a', 'X', 'c', 'd'), lines('a', 'X', 'c', 'd')],
  ['one adds, one removes elsewhere', lines('a', 'b', 'c', 'd', 'e'), lines('b', 'c', 'd'), lines('b', 'c', 'd', 'e')],
  ['on one line', lines('a', 'X', 'c', 'd'), lines('a', 'Y', 'c', 'd'), undefined],
  ['on neighbouring lines', lines('a', 'X', 'c', 'd'), lines('a', 'b', 'Y', 'd'), undefined],
])('changes of one file that are %s', (_, ours, theirs, merged) => {
  const result = mergeTrees(git, treeOf({ f: lines('a', 'b', 'c', 'd') }), treeOf({ f: ours }), treeOf({ f: theirs }))
  expect(result).toEqual(merged === undefined ? { clean: false, paths: ['f'] } : { clean: true, tree: treeOf({ f: merged }) })
})
