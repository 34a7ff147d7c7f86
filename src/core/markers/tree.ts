// A whole run over a checkout: which files an update path names, each of them edited, errors in Flux's words.
// Nothing is written here, and only what changed is kept: a checkout may have more files than memory.
import { type Change, editFile, type FileEdit } from './edit.ts'
import { isCandidate, mayHoldMarkers } from './screen.ts'
import type { Setting } from './setting.ts'

export type Entry = { readonly is: 'file' } | { readonly is: 'directory' } | { readonly is: 'link'; readonly target: string }

/** A checkout. Paths are relative to its root, with `/` between names and nothing at the ends; the root is the empty path. */
export interface Checkout {
  /** What stands there, links not followed. */
  readonly entry: (path: string) => Entry | undefined
  /** What stands in a directory. */
  readonly list: (path: string) => Iterable<readonly [name: string, entry: Entry]>
  readonly read: (path: string) => Uint8Array
}

export interface EditedFile {
  /** As Flux reports it: relative to the update path, a link by its own name. */
  readonly file: string
  /** Where the bytes belong, from the root, links followed. */
  readonly path: string
  readonly edit: FileEdit
}

export interface ScreenedFile extends Pick<EditedFile, 'file' | 'path'> {
  readonly bytes: Uint8Array
}

export type Screening =
  | { readonly ok: true; readonly at: 'tree' | 'file'; readonly files: Iterable<ScreenedFile> }
  | { readonly ok: false; readonly error: string }

/** The files below an update path that may hold markers, one after the other, in Flux's order. */
export function screenTree(checkout: Checkout, updatePath = ''): Screening {
  const start = clampPath(checkout, updatePath)
  const entry = start === undefined ? undefined : checkout.entry(start)
  if (start === undefined || !entry) {
    const missing = start ?? cleaned(updatePath)
    return { ok: false, error: `walking path for files: lstat $ROOT${missing === '' ? '' : `/${missing}`}: ${reason(checkout, missing)}` }
  }
  const at = entry.is === 'directory' ? 'tree' : 'file'
  return { ok: true, at, files: screened(checkout, { start, entry, directory: at === 'tree' ? start : parent(start) }) }
}

export type Walk = { readonly ok: true; readonly edits: Iterable<EditedFile> } | { readonly ok: false; readonly error: string }

/** The same files, each of them edited. */
export function walkTree(checkout: Checkout, options: { readonly updatePath?: string; readonly setting: Setting }): Walk {
  const screening = screenTree(checkout, options.updatePath)
  return screening.ok ? { ok: true, edits: edits(screening.files, options.setting) } : screening
}

function reason(checkout: Checkout, path: string): string {
  for (let above = parent(path); above !== ''; above = parent(above)) if (checkout.entry(above)?.is === 'file') return 'not a directory'
  return 'no such file or directory'
}

interface Start {
  readonly start: string
  readonly entry: Entry
  readonly directory: string
}

function* edits(files: Iterable<ScreenedFile>, setting: Setting): Generator<EditedFile> {
  for (const { file, path, bytes } of files) yield { file, path, edit: editFile(bytes, setting) }
}

function* screened(checkout: Checkout, { start, entry, directory }: Start): Generator<ScreenedFile> {
  for (const [path, found] of filesBelow(checkout, start, entry)) {
    if (!isCandidate(path)) continue
    const target = found.is === 'link' ? fileBehind(checkout, path) : path
    if (target === undefined) continue
    const bytes = checkout.read(target)
    if (!mayHoldMarkers(bytes)) continue
    yield { file: directory === '' ? path : path.slice(directory.length + 1), path: target, bytes }
  }
}

/** Directories in the order of their names; links to directories are not entered. */
function* filesBelow(checkout: Checkout, start: string, entry: Entry): Generator<readonly [string, Entry]> {
  const open: (readonly [string, Entry])[] = [[start, entry]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [path, found] = next
    if (found.is !== 'directory') {
      yield next
      continue
    }
    const names = [...checkout.list(path)].sort(([a], [b]) => (a < b ? 1 : -1))
    for (const [name, each] of names) open.push([path === '' ? name : `${path}/${name}`, each])
  }
}

const parent = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))

const cleaned = (path: string): string => {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names.join('/')
}

/** As many links as Linux follows. */
const maxLinks = 255

/** An update path inside the root, whatever it says: `..` stops there, and so does every link on the way. */
export function clampPath(checkout: Checkout, path: string): string | undefined {
  return resolve(checkout, path, '')
}

/** The file that a link leads to, inside the checkout: Git gives no other. A link to nowhere, or to a directory, is none of our business. */
function fileBehind(checkout: Checkout, path: string): string | undefined {
  const target = resolve(checkout, path, undefined)
  return target !== undefined && checkout.entry(target)?.is === 'file' ? target : undefined
}

/** Walks along the names, following links. `above` is what lies above the root: itself, or nothing. */
function resolve(checkout: Checkout, path: string, above: '' | undefined): string | undefined {
  const ahead = path.split('/').reverse()
  let at = ''
  for (let links = 0; ;) {
    const name = ahead.pop()
    if (name === undefined) return at
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at === '' && above === undefined) return undefined
      at = parent(at)
      continue
    }
    const here = at === '' ? name : `${at}/${name}`
    const entry = checkout.entry(here)
    if (entry?.is !== 'link') {
      at = here
      continue
    }
    if (++links > maxLinks) return undefined
    if (entry.target.startsWith('/')) {
      if (above === undefined) return undefined
      at = ''
    }
    ahead.push(...entry.target.split('/').reverse())
  }
}

/** A checkout held in memory. */
export function checkoutOf(files: ReadonlyMap<string, Uint8Array>, symlinks: ReadonlyMap<string, string> = new Map()): Checkout {
  const entries = new Map<string, Entry>()
  const lists = new Map<string, Map<string, Entry>>([['', new Map()]])
  const put = (path: string, entry: Entry): void => {
    entries.set(path, entry)
    if (path === '') return
    const above = parent(path)
    if (!entries.has(above)) put(above, { is: 'directory' })
    const list = lists.get(above) ?? new Map<string, Entry>()
    lists.set(above, list.set(path.slice(above === '' ? 0 : above.length + 1), entry))
  }
  put('', { is: 'directory' })
  for (const path of files.keys()) put(path, { is: 'file' })
  for (const [path, target] of symlinks) put(path, { is: 'link', target })
  return {
    entry: (path) => entries.get(path),
    list: (path) => lists.get(path) ?? [],
    read: (path) => files.get(path) ?? new Uint8Array(),
  }
}

export interface FileChange extends Change {
  readonly file: string
}

export type TreeUpdate =
  | {
      readonly ok: true
      /** New bytes by path from the root. */
      readonly files: ReadonlyMap<string, Uint8Array>
      readonly changes: readonly FileChange[]
      readonly skipped: readonly { readonly file: string; readonly why: string; readonly detail: string }[]
    }
  | { readonly ok: false; readonly error: string }

/** A run over a checkout, with its outcome as data: what to write and what to say. */
export function updateTree(checkout: Checkout, options: { readonly updatePath?: string; readonly setting: Setting }): TreeUpdate {
  const walk = walkTree(checkout, options)
  if (!walk.ok) return walk
  const files = new Map<string, Uint8Array>()
  const changes: FileChange[] = []
  const skipped: { file: string; why: string; detail: string }[] = []
  for (const { file, path, edit } of walk.edits) {
    if (edit.is === 'skipped') skipped.push({ file, why: edit.why, detail: edit.detail })
    if (edit.is !== 'edited') continue
    files.set(path, edit.bytes)
    for (const change of edit.changes) changes.push({ file, ...change })
  }
  return { ok: true, files, changes: changes.toSorted(byPlaceThenText), skipped }
}

/** A fixed order, where Flux has none: file, object, setter, values. */
function byPlaceThenText(a: FileChange, b: FileChange): number {
  const [left, right] = [sortKey(a), sortKey(b)]
  for (const [i, text] of left.entries()) {
    const other = right[i] ?? ''
    if (text !== other) return text < other ? -1 : 1
  }
  return 0
}

const sortKey = ({ file, object, oldValue, newValue, setter }: FileChange): readonly string[] => [
  file,
  object.apiVersion,
  object.kind,
  object.name,
  object.namespace,
  setter,
  oldValue,
  newValue,
]
