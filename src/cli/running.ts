// A running boxed world, as other terminals find it: one small file in its folder, believed only if who answers there says the same.
import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as v from 'valibot'
import { Failure } from '../core/failure.ts'

/** `key`: what opens a world that keeps its door closed; whoever can read the file may come in. */
const Running = v.object({ id: v.string(), pid: v.number(), url: v.string(), key: v.optional(v.string()) })
export type Running = v.InferOutput<typeof Running>

/** What a world says of itself at `/api/world`: process ids and ports are used again, this id is not. */
const Self = v.object({ id: v.string(), ready: v.boolean() })
export type Self = v.InferOutput<typeof Self>
export const selfPath = '/api/world'

export const defaultFolder = '.tagboat'
const fileIn = (folder: string): string => join(folder, 'world.json')

/** The nearest folder, here or above, that a world is kept in, whether it runs or not. */
export const nearestFolder = (from: string): string | undefined => upwards(from).find((folder) => existsSync(join(folder, marker)))

/** As long as a slow machine may take from the port to the greeting. */
const patience = 20_000

/** The running world of `folder`, or of the nearest folder above `from` that has one; one that is starting is waited for. */
export async function findRunning(from: string, folder: string | undefined): Promise<Running> {
  for (const each of folder !== undefined ? [resolve(from, folder)] : upwards(from)) {
    const running = read(each)
    const until = Date.now() + patience
    for (let self = running && (await ask(running)); running && self; self = await ask(running)) {
      if (self.ready) return running
      if (Date.now() > until) throw new Failure('no-world', `the boxed world in ${each} is still starting: look at its terminal`)
      await wait(100)
    }
  }
  throw new Failure(
    'no-world',
    `no boxed world is running ${folder === undefined ? 'here' : `in ${folder}`}: start one with "npm start" (or "npx tagboat local${folder === undefined ? '' : ` --dir ${folder}`}") in another terminal`,
  )
}

/** A folder has one world at a time: two would write the same table. */
export async function refuseSecond(folder: string): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new Failure(
      'broken-state',
      `the folder ${folder} cannot be made (${error instanceof Error ? error.message : String(error)}): name another one with --dir`,
    )
  }
  const other = read(folder)
  if (other && (await ask(other)))
    throw new Failure(
      'already-running',
      `a boxed world is already running in ${folder} (process ${other.pid}, ${other.url}): stop it, or name another folder with --dir`,
    )
  // Left by one that was killed.
  rmSync(fileIn(folder), { force: true })
}

export interface Claim {
  readonly id: string
  readonly release: () => void
}

/** From the moment on that the port is ours, and before anything in the folder is opened. */
export function claim(folder: string, url: string, key?: string): Claim {
  const id = randomUUID()
  const file = fileIn(folder)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ id, pid: process.pid, url, ...(key !== undefined && { key }) } satisfies Running)}\n`, {
    mode: 0o600,
  })
  try {
    // Unlike a rename, a link does not replace what somebody else put there a moment ago.
    linkSync(draft, file)
  } catch {
    throw new Failure('already-running', `another boxed world is starting in ${folder} at this moment: name another folder with --dir`)
  } finally {
    rmSync(draft, { force: true })
  }
  return { id, release: () => rmSync(file, { force: true }) }
}

function read(folder: string): Running | undefined {
  const file = fileIn(folder)
  if (!existsSync(file)) return undefined
  const parsed = v.safeParse(Running, json(readFileSync(file, 'utf8')))
  return parsed.success ? parsed.output : undefined
}

async function ask({ id, url }: Running): Promise<Self | undefined> {
  try {
    const answer = await fetch(`${url}${selfPath}`, { signal: AbortSignal.timeout(5_000) })
    const self = v.safeParse(Self, await answer.json())
    return self.success && self.output.id === id ? self.output : undefined
  } catch (error) {
    // Stopped in a debugger, or the machine is on its knees: somebody is there.
    return error instanceof Error && error.name === 'TimeoutError' ? { id, ready: false } : undefined
  }
}

function upwards(from: string): readonly string[] {
  const at = resolve(from)
  return [join(at, defaultFolder), ...(at === dirname(at) ? [] : upwards(dirname(at)))]
}

/** What a world keeps in its folder, and nothing else of it, goes with `--fresh`. */
const kept = ['table', 'git', 'registry', 'secrets.json', 'app.pem', 'seeded'] as const
const format = { tagboat: 1 } as const
const marker = 'state.json'

/** Sees that the folder is a new one or one of ours: `--fresh` must never empty a folder that only has the same names in it. */
export function openFolder(folder: string, { fresh }: { readonly fresh: boolean }): void {
  const file = join(folder, marker)
  const there = kept.find((name) => existsSync(join(folder, name)))
  if (!existsSync(file) && there !== undefined)
    throw new Failure(
      'not-ours',
      `the folder ${folder} has a "${there}" that is not of a boxed world: name an empty or a new folder with --dir`,
    )
  if (fresh) for (const name of kept) rmSync(join(folder, name), { recursive: true, force: true })
  else if (there !== undefined && (json(readFileSync(file, 'utf8')) as { tagboat?: unknown } | undefined)?.tagboat !== format.tagboat)
    throw new Failure(
      'broken-state',
      `the state in ${folder} was written by another version (expected ${JSON.stringify(format)} in ${marker}): start with --fresh to forget it, or name another folder with --dir`,
    )
  writeFileSync(file, `${JSON.stringify(format)}\n`)
  // Nobody wants it in a commit.
  if (!existsSync(join(folder, '.gitignore'))) writeFileSync(join(folder, '.gitignore'), '*\n')
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
