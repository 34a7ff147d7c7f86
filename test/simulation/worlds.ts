// A long run is many worlds, one after another or side by side, each under a seed of its own that follows from the run's: memory stays
// bounded, every world can be played again by itself, and the sum does not depend on who played which.
import { fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mixed } from './dice.ts'
import type { Report, Settings } from './simulate.ts'

/** Pushes of one world. */
export const worldSize = 1000

export type WorldSettings = Pick<Settings, 'seed' | 'pushes' | 'level'> & { readonly images?: number; readonly sdk?: boolean }
export interface Played {
  readonly report: Report
  /** The end of the trace, if something went wrong. */
  readonly tail: readonly string[]
  /** Bytes in use once the world was over. */
  readonly heap: number
}
export type Player = (settings: WorldSettings) => Promise<Played>

export interface LongRun {
  /** All worlds that were played to their end, in order. */
  readonly worlds: readonly Played[]
}

/** The first world has the run's own seed. */
export const seedOf = (seed: number, nth: number): number => (nth === 0 ? seed : mixed(seed, `world ${nth}`))

/** `until`: when nothing is waited for any more; what has not ended by then is left out. */
export async function playWorlds(
  settings: WorldSettings,
  { players, until }: { readonly players: readonly Player[]; readonly until?: Promise<void> },
): Promise<LongRun> {
  const played = new Map<number, Played>()
  let next = 0
  let stopped = false
  const playing = async (play: Player) => {
    while (!stopped) {
      const nth = next++
      const pushes = Math.min(worldSize, settings.pushes - nth * worldSize)
      if (pushes <= 0 && nth > 0) return
      const world = await play({ ...settings, seed: seedOf(settings.seed, nth), pushes })
      if (stopped) return
      played.set(nth, world)
      if (world.report.violations.length > 0) stopped = true
    }
  }
  await Promise.race([Promise.all(players.map(playing)), ...(until ? [until] : [])])
  stopped = true
  return { worlds: [...played].sort(([a], [b]) => a - b).map(([, world]) => world) }
}

/** One world at a time in a process of its own. */
export function inProcess(file: string): { readonly play: Player; readonly end: () => void } {
  const child: ChildProcess = fork(file, ['--worker'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    play: (settings) =>
      new Promise((resolve, reject) => {
        const gone = (code: number | null) => reject(new Error(`seed ${settings.seed}: the process that played it ended with ${code}`))
        child.once('exit', gone)
        child.once('message', (world: Played) => {
          child.off('exit', gone)
          resolve(world)
        })
        child.send(settings)
      }),
    end: () => void child.kill('SIGKILL'),
  }
}

export function sum(seed: number, worlds: readonly Played[]): Report {
  const reports = worlds.map(({ report }) => report)
  const total = (of: (report: Report) => number) => reports.reduce((all, report) => all + of(report), 0)
  const counts = (of: (report: Report) => Readonly<Record<string, number>>) => {
    const all: Record<string, number> = {}
    for (const report of reports) for (const [name, count] of Object.entries(of(report))) all[name] = (all[name] ?? 0) + count
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  const [only] = reports
  return {
    seed,
    pushes: total(({ pushes }) => pushes),
    commits: total(({ commits }) => commits),
    selectionsChanged: total(({ selectionsChanged }) => selectionsChanged),
    requests: counts(({ requests }) => requests),
    faultsInjected: counts(({ faultsInjected }) => faultsInjected),
    reached: counts(({ reached }) => reached),
    oracleChecks: total(({ oracleChecks }) => oracleChecks),
    trace: reports.length === 1 && only ? only.trace : digest(reports.map(({ trace }) => trace)),
    violations: reports.flatMap(({ violations, seed: own }) => violations.map((violation) => `seed ${own}: ${violation}`)),
  }
}

const digest = (traces: readonly string[]): string => createHash('sha256').update(traces.join('\n')).digest('hex').slice(0, 16)
