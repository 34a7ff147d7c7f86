// Mistakes on purpose, each planted around the World of every instance: a simulation that does not notice them proves nothing.
import type { World } from '../../src/ports.ts'
import type { Role } from './world.ts'

export interface Mutant {
  readonly name: string
  readonly around: (world: World, role: Role) => World
  /** What gives it away. */
  readonly noticed: RegExp
}

const git = (world: World, change: Partial<World['git']>): World => ({ ...world, git: { ...world.git, ...change } })
const store = (world: World, change: Partial<World['store']>): World => ({ ...world, store: { ...world.store, ...change } })
const outbox = (world: World, change: Partial<World['outbox']>): World => ({ ...world, outbox: { ...world.outbox, ...change } })

export const mutants: readonly Mutant[] = [
  {
    name: 'a commit lands on whatever head is there',
    around: (world) =>
      git(world, {
        commit: async (place, branch, request) => {
          const look = await world.git.look(place, branch, { trees: [], files: [] })
          return world.git.commit(place, branch, look.found ? { ...request, expectedHead: look.head } : request)
        },
      }),
    noticed: /changed beside its markers|appears|changes nothing/,
  },
  {
    name: 'an event is believed without asking the registry',
    around: (world, role) =>
      role === 'evaluate'
        ? { ...world, registry: { ...world.registry, confirm: async () => ({ found: true, digest: `sha256:${'0'.repeat(64)}` }) } }
        : world,
    noticed: /the registry never had/,
  },
  {
    name: 'intents are not written down',
    around: (world) => store(world, { keep: async () => true }),
    noticed: /has no entry|before its entry|written down first/,
  },
  {
    name: 'history is not written',
    around: (world) => store(world, { putEntry: async () => true }),
    noticed: /has no entry|before its entry|written down first/,
  },
  {
    name: 'nothing is announced',
    around: (world) => outbox(world, { announce: async () => undefined }),
    noticed: /was never announced/,
  },
  {
    name: 'a selection is written whatever its version',
    around: (world) =>
      store(world, {
        putSelection: async (selection) =>
          world.store.putSelection(selection, (await world.store.selection(selection.policy))?.version ?? 0),
      }),
    noticed: /goes back|at rest/,
  },
  {
    name: 'nobody sweeps',
    around: (world, role) => (role === 'sweep' ? store(world, { lease: async () => false }) : world),
    noticed: /at rest/,
  },
  {
    name: 'scans are never asked for',
    around: (world) => outbox(world, { scan: async () => undefined }),
    noticed: /at rest/,
  },
  {
    name: 'targets are never woken',
    around: (world) => outbox(world, { wake: async () => undefined }),
    noticed: /at rest/,
  },
  {
    name: 'a target is let go although more was asked, and nothing is due',
    around: (world) =>
      outbox(store(world, { letGo: async (id, tenure, kept) => world.store.letGo(id, tenure, { ...kept, due: null, whatever: true }) }), {
        wake: (target) => world.outbox.wake(target, 'always the same'),
      }),
    noticed: /at rest/,
  },
]
