import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { readTar } from '../../../src/adapters/github/tar.ts'
import type { TarOptions } from '../../../src/adapters/github/tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'tagboat-tar-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function read(tar: Uint8Array, options: TarOptions = {}, size = 10_000): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {}
  for await (const { path, bytes, mode } of readTar(inPieces(tar, size), options))
    files[mode === 'file' ? path : `${path} (${mode})`] = Buffer.from(bytes).toString()
  return files
}

const deep = `${'folder-with-a-long-name/'.repeat(8)}${'file'.repeat(20)}.yaml`
const FILES: Readonly<Record<string, string>> = {
  'top/empty.yaml': '',
  'top/a.yaml': 'image: app:1.0.0 # {"$imagepolicy": "flux-system:app"}\n',
  'top/exact.yaml': 'x'.repeat(512),
  'top/big.yaml': 'y'.repeat(70_001),
  [`top/${'n'.repeat(90)}/${'m'.repeat(60)}.yaml`]: 'fits ustar by its prefix',
  [`top/${deep}`]: 'too deep for ustar',
  'top/größe ✓.yaml': 'ünïcode',
}
const far = `../${'a'.repeat(120)}/b.yaml`
const ALL: Readonly<Record<string, string>> = {
  ...FILES,
  'top/link.yaml (link)': 'a.yaml',
  'top/far.yaml (link)': far,
  'top/run.sh (executable)': 'run',
}
function written(): string {
  const root = mkdtempSync(join(folder, 'tree-'))
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  symlinkSync('a.yaml', join(root, 'top/link.yaml'))
  symlinkSync(far, join(root, 'top/far.yaml'))
  writeFileSync(join(root, 'top/run.sh'), 'run', { mode: 0o755 })
  return root
}
const tarOf = (format: string) => execFileSync('tar', ['--format', format, '-C', written(), '-cf', '-', 'top'])

describe('a tar', () => {
  test.each(['gnu', 'pax'])(
    'in the %s format gives every file and link, whatever the length of its name, and no folder',
    async (format) => {
      expect(await read(tarOf(format))).toEqual(ALL)
    },
  )

  test.each([1, 7, 511, 512, 513])('may come in pieces of %i bytes', async (size) => {
    expect(await read(tarOf('gnu').subarray(0), {}, size)).toEqual(ALL)
  })

  test('that Git wrote says which commit it is of', async () => {
    const root = written()
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=main', ...args])
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'all')
    const said: string[] = []
    const files = await read(git('archive', '--prefix=org-fleet/', 'HEAD'), { comment: (text) => said.push(text) })
    expect(said).toEqual([git('rev-parse', 'HEAD').toString().trim()])
    expect(files).toEqual(Object.fromEntries(Object.entries(ALL).map(([path, text]) => [`org-fleet/${path}`, text])))
  })

  test('gives the others when one file is beyond the limit', async () => {
    const { 'top/big.yaml': _, ...others } = ALL
    expect(await read(tarOf('pax'), { limits: { file: 70_000, header: 10_000 } })).toEqual(others)
  })

  test('with a header beyond the limit is refused', async () => {
    await expect(read(tarOf('pax'), { limits: { file: 1e6, header: 100 } })).rejects.toMatchObject({ code: 'git-malformed' })
  })

  test.each([
    ['that ends early', (tar: Buffer) => tar.subarray(0, 1500)],
    ['that ends within a header', (tar: Buffer) => tar.subarray(0, 700)],
    ['that is empty', (tar: Buffer) => tar.subarray(0, 0)],
    ['with a flipped bit in a header', (tar: Buffer) => Buffer.concat([Buffer.from([tar[0] === 0x74 ? 0x75 : 0x74]), tar.subarray(1)])],
    ['that is something else', () => Buffer.from('<html>'.repeat(1000))],
  ])('%s is refused', async (_, change) => {
    await expect(read(change(tarOf('gnu')))).rejects.toMatchObject({ code: 'git-malformed', retry: true })
  })

  test('whose file claims eight exabytes is refused without waiting for them', async () => {
    const header = Buffer.from(tarOf('gnu').subarray(0, 512))
    header[156] = 0x30
    header.fill(0, 124, 136)
    header.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 124)
    header.fill(0x20, 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    await expect(read(header)).rejects.toMatchObject({ code: 'git-malformed' })
  })
})
