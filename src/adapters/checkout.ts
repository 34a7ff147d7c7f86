// A checkout on disk, for `tagboat update`: what src/core/markers walks over.
import {
  closeSync,
  type Dirent,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Checkout, Entry } from '../core/markers.ts'

/** Reads below `root` only: core resolves every path and every link before it asks. */
export function checkoutIn(root: string): Checkout {
  return {
    entry: (path) => {
      const stats = statsOf(join(root, path))
      return stats && entryOf(stats, join(root, path))
    },
    list: (path) =>
      readdirSync(join(root, path), { withFileTypes: true }).flatMap((each) => {
        const entry = entryOf(each, join(root, path, each.name))
        return entry ? [[each.name, entry] as const] : []
      }),
    read: (path) => readFileSync(join(root, path)),
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // Something above it is a file.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Sockets, devices and the like are nothing that Git could hold. */
function entryOf(found: Stats | Dirent, path: string): Entry | undefined {
  if (found.isFile()) return { is: 'file' }
  if (found.isDirectory()) return { is: 'directory' }
  return found.isSymbolicLink() ? { is: 'link', target: readlinkSync(path) } : undefined
}

/**
 * Writes over a file that exists, mode and links kept. Not emptied first: ext4 flushes every file that was truncated to nothing and closed,
 * which takes longer than all the rest of an update.
 */
export function writeOver(file: string, bytes: Uint8Array): void {
  const handle = openSync(file, 'r+')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at, bytes.length - at, at)
    ftruncateSync(handle, bytes.length)
  } finally {
    closeSync(handle)
  }
}
