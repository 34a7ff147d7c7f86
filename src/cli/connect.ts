// Which world a command speaks to: the boxed world that runs in another terminal, unless whoever made the terminal says otherwise.
import { systemClock } from '../adapters/clock.ts'
import type { Fetch } from '../adapters/http/fetch.ts'
import { worldOver } from '../local/world.ts'
import type { World } from '../ports.ts'
import type { Flag, Given } from './command.ts'
import { findRunning } from './running.ts'
import type { Terminal } from './terminal.ts'

export const defaultScope = 'default'

export const connection: Readonly<Record<string, Flag>> = {
  scope: { type: 'string', value: 'NAME', about: `whose objects: one scope for each cluster (${defaultScope})` },
  dir: { type: 'string', value: 'FOLDER', about: 'the folder of the running world (.tagboat here or above)' },
}

/** A world, and how to reach what is in it. */
export interface Reached {
  readonly world: World
  /** Where the registry of a boxed world answers, and by which way. */
  readonly url: string
  readonly fetch: Fetch
  readonly close: () => void
}
/** Finds the world that the flags mean. */
export type Reach = (given: Given, terminal: Terminal) => Promise<Reached>
export interface Connection extends Reached {
  readonly scope: string
}

export async function connect(given: Given, terminal: Terminal): Promise<Connection> {
  const reached = await (terminal.reach ?? runningWorld)(given, terminal)
  return { ...reached, scope: given.text('scope') ?? defaultScope }
}

const runningWorld: Reach = async (given, terminal) => {
  const { url } = await findRunning(terminal.folder, given.text('dir') ?? terminal.environment['TAGBOAT_DIR'])
  const fetch: Fetch = (request) => globalThis.fetch(request)
  const world = worldOver({ fetch, url, clock: systemClock, random: Math.random })
  return { world, url, fetch, close: () => undefined }
}
