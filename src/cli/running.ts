// A running boxed world, as other terminals find it: one small file in its folder.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { Failure } from '../core/failure.ts'

const Running = v.object({ pid: v.number(), url: v.string() })
export type Running = v.InferOutput<typeof Running>

export const defaultFolder = '.tagboat'
const fileIn = (folder: string): string => join(folder, 'world.json')

/** The running world of `folder`, or of the nearest folder above the current one that has one. */
export function findRunning(from: string, folder: string | undefined): Running {
  const found = folder !== undefined ? readRunning(resolve(from, folder)) : upwards(from)
  if (found) return found
  throw new Failure(
    'no-world',
    `no boxed world is running ${folder === undefined ? 'here' : `in ${folder}`}: start one with "npm start" (or "npx tagboat local") in another terminal`,
  )
}

export function readRunning(folder: string): Running | undefined {
  const file = fileIn(folder)
  if (!existsSync(file)) return undefined
  const read = v.safeParse(Running, json(readFileSync(file, 'utf8')))
  return read.success && isAlive(read.output.pid) ? read.output : undefined
}

export interface Claim {
  /** Tells other terminals where the world answers. */
  readonly announce: (url: string) => void
  readonly release: () => void
}

/** A folder has one world at a time: two would write the same table. */
export async function claim(folder: string): Promise<Claim> {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new Failure('broken-state', `the folder ${folder} cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
  const other = readRunning(folder)
  if (other && (await answers(other.url)))
    throw new Failure(
      'already-running',
      `a boxed world is already running in ${folder} (process ${other.pid}, ${other.url}): stop it, or name another folder with --dir`,
    )
  const lock = join(folder, 'lock')
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
  } catch {
    const holder = Number(readFileSync(lock, 'utf8'))
    // A lock whose process is gone was left by a crash.
    if (holder > 0 && holder !== process.pid && isAlive(holder) && !other)
      throw new Failure(
        'already-running',
        `a boxed world is starting in ${folder} (process ${holder}): wait for it, or remove ${lock} if that is not so`,
      )
    writeFileSync(lock, String(process.pid))
  }
  const file = fileIn(folder)
  return {
    announce: (url) => {
      const draft = `${file}.${process.pid}`
      writeFileSync(draft, `${JSON.stringify({ pid: process.pid, url } satisfies Running)}\n`)
      renameSync(draft, file)
    },
    release: () => {
      rmSync(file, { force: true })
      rmSync(lock, { force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/state`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

function upwards(from: string): Running | undefined {
  for (let at = resolve(from); ; at = dirname(at)) {
    const found = readRunning(join(at, defaultFolder))
    if (found || at === dirname(at)) return found
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
