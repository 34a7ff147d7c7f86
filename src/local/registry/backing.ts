import { randomUUID } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Failure } from '../../core/failure.ts'
import type { Change } from './change.ts'

/** Where a registry keeps its content: bytes by digest, and the changes that say what they are. */
export interface Backing {
  /** All changes so far, once, at the start. */
  readonly replay: () => readonly Change[]
  /** Forgets the past: from now on these changes are all there ever was, and bytes that none of them names go. Only at the start: later, a push may be about to name them. */
  readonly rewrite: (changes: readonly Change[]) => void
  /** All of them or none, before it returns. */
  readonly record: (changes: readonly Change[]) => void
  /** Bytes `from` (inclusive) to `to` (exclusive) of a blob. */
  readonly read: (
    digest: string,
    range?: { readonly from: number; readonly to: number },
  ) => Promise<Uint8Array<ArrayBuffer> | ReadableStream | undefined>
  readonly sink: () => Promise<Sink>
  readonly close: () => void
}

/** A blob on its way in: it has no digest until all of it is there. */
export interface Sink {
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly keep: (digest: string) => Promise<void>
  readonly drop: () => Promise<void>
}

export function memoryBacking(): Backing {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    replay: () => [],
    rewrite: () => undefined,
    record: () => undefined,
    read: async (digest, range) => {
      const bytes = blobs.get(digest)
      return range ? bytes?.subarray(range.from, range.to) : bytes
    },
    sink: async () => {
      const parts: Uint8Array[] = []
      return {
        // A copy: the caller may use its buffer again.
        write: async (bytes) => void parts.push(bytes.slice()),
        keep: async (digest) => void blobs.set(digest, joined(parts)),
        drop: async () => void parts.splice(0),
      }
    },
    close: () => undefined,
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * A folder: `blobs/<hex>` and `changes.jsonl`, one line for each thing that happened. A line is written by one call; what is torn off by a
 * crash can only be the last one, which was then never acknowledged.
 */
export function folderBacking(folder: string): Backing {
  const blobs = join(folder, 'blobs')
  const arriving = join(folder, 'arriving')
  const journal = join(folder, 'changes.jsonl')
  rmSync(arriving, { recursive: true, force: true })
  for (const each of [folder, blobs, arriving]) mkdirSync(each, { recursive: true })
  const fileOf = (digest: string): string => join(blobs, digest.replace('sha256:', ''))
  let lines: number | undefined
  const appending = (): number => (lines ??= openSync(journal, 'a'))
  const stop = (): void => {
    if (lines !== undefined) closeSync(lines)
    lines = undefined
  }
  return {
    replay: () => (existsSync(journal) ? parseJournal(readFileSync(journal, 'utf8'), journal) : []),
    rewrite: (changes) => {
      stop()
      const fresh = `${journal}.new`
      writeFileSync(fresh, changes.map((change) => `${JSON.stringify([change])}\n`).join(''))
      renameSync(fresh, journal)
      const named = new Set(
        changes.map((change) => (change.is === 'manifest' ? change.manifest.digest : 'digest' in change ? change.digest : '')),
      )
      for (const file of readdirSync(blobs)) if (!named.has(`sha256:${file}`)) rmSync(join(blobs, file))
    },
    record: (changes) => void writeSync(appending(), `${JSON.stringify(changes)}\n`),
    read: (digest, range) => readBlob(fileOf(digest), range),
    sink: async () => {
      const path = join(arriving, randomUUID())
      const file = await open(path, 'w')
      return {
        write: async (bytes) => void (await file.writeFile(bytes)),
        keep: async (digest) => {
          await file.close()
          await rename(path, fileOf(digest))
        },
        drop: async () => {
          await file.close()
          await rm(path, { force: true })
        },
      }
    },
    close: stop,
  }
}

function parseJournal(text: string, path: string): readonly Change[] {
  const changes: Change[] = []
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  whole.split('\n').forEach((line, index) => {
    if (line === '') return
    try {
      changes.push(...(JSON.parse(line) as readonly Change[]))
    } catch (cause) {
      throw new Failure(
        'registry-folder-broken',
        `${path}:${index + 1}: expected a JSON array of changes; remove the folder to start afresh`,
        { cause },
      )
    }
  })
  return changes
}

const WHOLE_IN_MEMORY = 1 << 20

async function readBlob(
  path: string,
  range?: { readonly from: number; readonly to: number },
): Promise<Uint8Array<ArrayBuffer> | ReadableStream | undefined> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  if (size === undefined) return undefined
  if (size <= WHOLE_IN_MEMORY) {
    const bytes = new Uint8Array(await readFile(path))
    return range ? bytes.subarray(range.from, range.to) : bytes
  }
  return Readable.toWeb(createReadStream(path, range ? { start: range.from, end: range.to - 1 } : {})) as ReadableStream
}
