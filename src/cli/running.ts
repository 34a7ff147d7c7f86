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

/** Claims a folder; the answer releases it. */
export function claim(folder: string, running: Running): () => void {
  mkdirSync(folder, { recursive: true })
  const file = fileIn(folder)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(running)}\n`)
  renameSync(draft, file)
  return () => rmSync(file, { force: true })
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
