import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkoutIn, writeOver } from '../../src/adapters/checkout.ts'
import { type Checkout, type PolicyRef, prepare, type Setting, walkTree } from '../../src/core/markers.ts'
import type { Options, Print } from './main.ts'

export const about =
  'find, edit and write the markers of a checkout: --dir DIR --policies FILE [--rounds 9] (the tree is put back after each round)'

/** What Flux takes for the same tree, by its number of files. */
const flux: Readonly<Record<number, number>> = { 200: 30, 2_000: 294, 20_000: 3_058 }

export async function run(options: Options, print: Print): Promise<void> {
  const { dir, policies } = options
  if (!dir || !policies) throw new Error('update: --dir DIR and --policies FILE are needed, as gen-gitops.mjs writes them')
  const all = JSON.parse(readFileSync(policies, 'utf8')) as readonly PolicyRef[]
  const prepared = prepare(all, all[0]?.namespace ?? '')
  if (!prepared.ok) throw new Error(prepared.error)
  const figures: Round[] = []
  for (let round = 0; round < Number(options.rounds ?? 9); round++) figures.push(oneRound(dir, prepared.setting))
  const last = figures[figures.length - 1]
  if (!last) throw new Error('update: --rounds must be at least 1')
  const medianMs = median(figures.map(({ ms }) => ms))
  const secondMs = median(figures.map(({ again }) => again))
  const theirs = flux[last.files]
  print({
    name: 'update',
    files: last.files,
    edited: last.edited,
    changes: last.changes,
    medianMs,
    bestMs: Number(Math.min(...figures.map(({ ms }) => ms)).toFixed(1)),
    nothingToDoMs: secondMs,
    ...(theirs === undefined ? {} : { fluxMs: theirs, ratio: Number((medianMs / theirs).toFixed(3)) }),
    rssMB: Math.round(process.memoryUsage().rss / 1e6),
    n: figures.length,
  })
}

interface Round {
  readonly files: number
  readonly edited: number
  readonly changes: number
  readonly ms: number
  readonly again: number
}

function oneRound(dir: string, setting: Setting): Round {
  const before = new Map<string, Uint8Array>()
  const started = performance.now()
  const first = update(dir, setting, before)
  const ms = performance.now() - started
  const startedAgain = performance.now()
  const second = update(dir, setting, new Map())
  const again = performance.now() - startedAgain
  if (second.edited !== 0) throw new Error(`update: the second run changed ${second.edited} files, where nothing was left to do`)
  for (const [path, bytes] of before) writeOver(path, bytes)
  return { ...first, ms, again }
}

function update(dir: string, setting: Setting, before: Map<string, Uint8Array>): { files: number; edited: number; changes: number } {
  const count = { files: 0, edited: 0, changes: 0 }
  let read: Uint8Array = new Uint8Array()
  const checkout = checkoutIn(dir)
  const counted: Checkout = {
    ...checkout,
    read: (path) => {
      count.files++
      read = checkout.read(path)
      return read
    },
  }
  const walk = walkTree(counted, { setting })
  if (!walk.ok) throw new Error(walk.error)
  for (const { path, edit } of walk.edits) {
    if (edit.is !== 'edited') continue
    before.set(join(dir, path), read)
    writeOver(join(dir, path), edit.bytes)
    count.edited++
    count.changes += edit.changes.length
  }
  return count
}

const median = (values: readonly number[]): number => Number((values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1))
