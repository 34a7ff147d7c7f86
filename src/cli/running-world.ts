// The boxed world that runs in another terminal, over loopback.
import { systemClock } from '../adapters/clock.ts'
import type { Fetch } from '../adapters/http/fetch.ts'
import { deadLettersOver, worldOver } from '../local/world.ts'
import type { Reached } from './connect.ts'
import { findRunning } from './running.ts'
import type { Terminal } from './terminal.ts'

export async function runningWorld(folder: string | undefined, terminal: Terminal): Promise<Reached> {
  const { url, key } = await findRunning(terminal.folder, folder)
  const fetch: Fetch = (request) => globalThis.fetch(request)
  const options = { fetch, url, clock: systemClock, random: Math.random, ...(key !== undefined && { key }) }
  return {
    world: worldOver(options),
    deadLetters: deadLettersOver(options),
    where: `the ${key === undefined ? 'boxed world' : 'tagboat run'} at ${url}`,
    ...(key === undefined && { boxed: { url, fetch } }),
    close: () => undefined,
  }
}
