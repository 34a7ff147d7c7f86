// Which world a command speaks to. Now: the boxed world that runs in another terminal.
import { systemClock } from '../adapters/clock.ts'
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

export interface Connection {
  readonly world: World
  readonly scope: string
  readonly url: string
  readonly close: () => void
}

export async function connect(given: Given, terminal: Terminal): Promise<Connection> {
  const { url } = findRunning(terminal.folder, given.text('dir') ?? terminal.environment['TAGBOAT_DIR'])
  const world = worldOver({ fetch: (request) => fetch(request), url, clock: systemClock, random: Math.random })
  return { world, url, scope: given.text('scope') ?? defaultScope, close: () => undefined }
}
