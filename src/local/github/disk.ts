// A bare repository that ordinary Git reads and writes too, while we do: loose objects, loose refs, and Git's own lock files.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import type { Backing, Moved, RefChange } from './backing.ts'
import { inTheWay } from './backing.ts'
import type { GitObject, Kind } from './objects.ts'
import { objectId } from './objects.ts'

export function diskBacking(folder: string, defaultBranch: string): Backing {
  prepare(folder, defaultBranch)
  const known = new Set<string>()
  const pathOf = (oid: string) => join(folder, 'objects', oid.slice(0, 2), oid.slice(2))
  const has = (oid: string) => known.has(oid) || existsSync(pathOf(oid))
  const ref = (name: string) => readRef(folder, name)
  return {
    folder,
    has,
    read(oid) {
      const bytes = readIfThere(pathOf(oid))
      return bytes === undefined ? undefined : unwrap(bytes)
    },
    write(kind, body) {
      const oid = objectId(kind, body)
      if (!has(oid)) writeLoose(folder, pathOf(oid), kind, body)
      if (known.size < 100_000) known.add(oid)
      return oid
    },
    ref,
    refs: (prefix) => listRefs(folder, prefix),
    move: (changes) => moveRefs(folder, changes),
    setHead: (name) => replaceFile(join(folder, 'HEAD'), `ref: ${name}\n`),
    note: () => readIfThere(join(folder, NOTE))?.toString('utf8'),
    putNote: (text) => replaceFile(join(folder, NOTE), text),
  }
}
const NOTE = 'tagboat.json'

function unwrap(bytes: Buffer): GitObject {
  const whole = inflateSync(bytes)
  const end = whole.indexOf(0)
  const kind = whole.toString('latin1', 0, whole.indexOf(0x20))
  if (kind !== 'blob' && kind !== 'tree' && kind !== 'commit' && kind !== 'tag') throw new Error(`unknown kind of Git object: ${kind}`)
  return { kind, body: whole.subarray(end + 1) }
}

// Named by its content, so two writers of the same object cannot disagree; renamed into place, so nobody reads half of it.
function writeLoose(folder: string, path: string, kind: Kind, body: Buffer): void {
  const bytes = deflateSync(Buffer.concat([Buffer.from(`${kind} ${body.length}\0`), body]), { level: 1 })
  mkdirSync(dirname(path), { recursive: true })
  const fresh = join(folder, 'objects', `tmp_obj_${process.pid}_${path.slice(-38)}`)
  writeFileSync(fresh, bytes, { mode: 0o444 })
  renameSync(fresh, path)
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}
const isCode = (error: unknown, ...codes: readonly string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

function readRef(folder: string, name: string): string | undefined {
  const loose = readIfThere(join(folder, name))?.toString('latin1').trim()
  if (loose !== undefined && /^[0-9a-f]{40}$/.test(loose)) return loose
  return packedRefs(folder).get(name)
}
// Nothing here packs refs, but a person may. Without the file this costs one failed open.
function packedRefs(folder: string): ReadonlyMap<string, string> {
  const text = readIfThere(join(folder, 'packed-refs'))?.toString('utf8') ?? ''
  const pairs = text.split('\n').map((line) => /^([0-9a-f]{40}) (refs\/.+)$/.exec(line))
  return new Map(pairs.flatMap((match) => (match === null ? [] : [[match[2] ?? '', match[1] ?? ''] as const])))
}
function listRefs(folder: string, prefix: string): readonly (readonly [string, string])[] {
  const found = new Map([...packedRefs(folder)].filter(([name]) => name.startsWith(prefix)))
  const walk = (place: string): void => {
    for (const entry of readFolder(join(folder, place))) {
      const name = `${place}/${entry.name}`
      if (entry.isDirectory()) walk(name)
      else if (name.startsWith(prefix) && !name.endsWith('.lock')) {
        const oid = readRef(folder, name)
        if (oid !== undefined) found.set(name, oid)
      }
    }
  }
  walk('refs')
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
}
function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

function moveRefs(folder: string, changes: readonly RefChange[]): Moved {
  const locked: string[] = []
  try {
    for (const change of changes) {
      const problem = lockRef(folder, change, locked)
      if (problem !== undefined) return { moved: false, why: problem, name: change.name }
    }
    for (const change of changes) writeRef(folder, change)
    return { moved: true }
  } finally {
    for (const lock of locked) rmSync(lock, { force: true })
  }
}
function lockRef(folder: string, change: RefChange, locked: string[]): 'busy' | 'not-as-expected' | 'in-the-way' | undefined {
  const path = join(folder, change.name)
  const now = readRef(folder, change.name)
  if (change.before !== undefined && (now ?? null) !== change.before) return 'not-as-expected'
  if (now === undefined) {
    const others = listRefs(folder, 'refs/').map(([name]) => name)
    if (change.after !== null && inTheWay(change.name, others)) return 'in-the-way'
    removeEmptyFolders(path)
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.lock`, `${change.after ?? ''}\n`, { flag: 'wx' })
  } catch (error) {
    if (isCode(error, 'EEXIST', 'ENOTDIR', 'ENOENT')) return 'busy'
    throw error
  }
  locked.push(`${path}.lock`)
  // A push by Git may have come between the first look and the lock.
  return change.before !== undefined && (readRef(folder, change.name) ?? null) !== change.before ? 'not-as-expected' : undefined
}
function writeRef(folder: string, change: RefChange): void {
  const path = join(folder, change.name)
  if (change.after !== null) return renameSync(`${path}.lock`, path)
  if (packedRefs(folder).has(change.name)) unpackRefs(folder, change.name)
  rmSync(path, { force: true })
}
// Git leaves empty folders behind where a ref `a/b` was; a ref `a` needs the place.
function removeEmptyFolders(path: string): void {
  if (!existsSync(path) || !statSync(path).isDirectory()) return
  for (const entry of readFolder(path)) if (entry.isDirectory()) removeEmptyFolders(join(path, entry.name))
  if (readFolder(path).length === 0) rmdirSync(path)
}
function unpackRefs(folder: string, without?: string): void {
  for (const [name, oid] of packedRefs(folder)) {
    if (name === without || readIfThere(join(folder, name)) !== undefined) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), `${oid}\n`)
  }
  rmSync(join(folder, 'packed-refs'), { force: true })
}

// Pushed objects must arrive loose, since this box reads no packs: `unpackLimit` sees to it, and nothing may pack them later.
const CONFIG = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogallrefupdates = false
[receive]
\tunpackLimit = 2000000000
\tautogc = false
[transfer]
\tunpackLimit = 2000000000
[gc]
\tauto = 0
[maintenance]
\tauto = false
[http]
\treceivepack = true
\tuploadpack = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
`
function prepare(folder: string, defaultBranch: string): void {
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'config'), CONFIG)
  if (!existsSync(join(folder, 'HEAD'))) writeFileSync(join(folder, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`)
  removeLeftLocks(folder, 'refs')
  unpackRefs(folder)
  unpackPacks(folder)
}
// The one owner of this folder is starting: whoever held these locks was killed.
function removeLeftLocks(folder: string, place: string): void {
  for (const entry of readFolder(join(folder, place))) {
    if (entry.isDirectory()) removeLeftLocks(folder, join(place, entry.name))
    else if (entry.name.endsWith('.lock')) unlinkSync(join(folder, place, entry.name))
  }
}
// Somebody ran `git gc`, or this is a copy of another repository. Git unpacks what it does not have yet, so the pack moves out first.
function unpackPacks(folder: string): void {
  for (const { name } of readFolder(join(folder, 'objects/pack'))) {
    if (!name.endsWith('.pack')) continue
    const aside = join(folder, name)
    renameSync(join(folder, 'objects/pack', name), aside)
    const run = spawnSync('git', ['unpack-objects', '-q'], {
      cwd: folder,
      env: { ...process.env, GIT_DIR: folder },
      input: readFileSync(aside),
    })
    if (run.status !== 0) throw new Error(`cannot unpack ${aside}: ${run.stderr.toString('utf8').trim()}`)
    rmSync(aside)
    for (const ending of ['.idx', '.rev', '.bitmap']) rmSync(join(folder, 'objects/pack', name.replace(/\.pack$/, ending)), { force: true })
  }
}
