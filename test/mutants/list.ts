// The mistakes that must be noticed. First the rules of the protocol, each taken back; then the classic mistakes around it; then decisions
// that are simply wrong. What concerns several at once must be noticed by the simulation itself.
import { bySimulation, byTest, type Mutant } from './mutant.ts'

export const mutants: readonly Mutant[] = [
  // ---- Rules, each taken back -----------------------------------------------------------------------------------------------------
  {
    name: 'older-configuration-judges',
    breaks: 'a judge whose configuration is older than the selection’s reads it again',
    patch: [
      { file: 'src/core/weigh.ts', find: "if (watch.generation < selection.generation) return { so: 'read-again' }", put: '' },
      { file: 'src/flow/scan.ts', find: "if (selection.generation > watch.generation) return { is: 'moved', policy }", put: '' },
    ],
    caught: byTest('test/simulation/scenarios.test.ts'),
  },
  {
    name: 'newer-configuration-doubts-nothing',
    breaks: 'a selection judged under an older configuration is in doubt',
    patch: [
      {
        file: 'src/core/weigh.ts',
        find: "if (watch.generation > selection.generation) return { so: 'doubt', why: 'configuration-changed' }",
        put: '',
      },
    ],
    caught: byTest('test/simulation/scenarios.test.ts'),
  },
  {
    name: 'deletion-above-is-not-noted',
    breaks: 'the deletion of a tag that somebody may be about to choose makes their write fail',
    patch: [
      {
        file: 'src/core/weigh.ts',
        find: "return judgePush(selection, tag, rule).is === 'unchanged' ? { so: 'nothing' } : { so: 'touch' }",
        put: "return { so: 'nothing' }",
      },
    ],
    caught: byTest('test/simulation/scenarios.test.ts'),
  },
  {
    name: 'doubt-is-not-written-down',
    breaks: 'until the scan has answered, what comes is noted, and the sweep asks again',
    patch: [
      {
        file: 'src/flow/evaluate.ts',
        find: `          doubt: true,
          recent: [...selection.recent, { is: signal.is, tag: signal.tag, at: signal.at }].slice(-100),
          due: world.clock.now() + 60_000,`,
        put: '',
      },
    ],
    caught: byTest('test/simulation/scenarios.test.ts'),
  },
  {
    name: 'unanswered-commit-is-forgotten',
    breaks: 'the intent of a commit whose answer was lost is settled before anything else is done',
    patch: [{ file: 'src/flow/promote.ts', find: '? (await world.store.target(id))?.intents : undefined', put: '? [] : undefined' }],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'landed-by-place-instead-of-id',
    breaks: 'an intent is known by its id, since a person may have committed in its place',
    patch: [
      {
        file: 'src/flow/settle.ts',
        find: 'const commit = history.find(({ message }) => idsIn(message).includes(intent.id))',
        put: 'const commit = history.find(({ parent }) => parent === intent.expectedHead)',
      },
    ],
    caught: bySimulation(1, 80, 2),
  },
  {
    name: 'nothing-to-do-at-a-remembered-head',
    breaks: 'nothing to do is believed only at a head that was really read',
    patch: [
      {
        file: 'src/flow/promote.ts',
        find: '  if (plan.changes.length === 0 && reading.warm) return lookAt(target, config, { ...how, careful: true }, world)\n',
        put: '',
      },
    ],
    caught: byTest('test/flow/promote.test.ts'),
  },
  {
    name: 'leftover-intents-are-not-due',
    breaks: 'an intent that nobody can tell yet is looked at again, even if nothing else is asked',
    patch: [
      { file: 'src/flow/rounds.ts', find: '(settledBy(looked.intents) ?? null)', put: 'null' },
      {
        file: 'src/flow/promote.ts',
        find: 'if (intents.length > 0) return { entries, intents, due }',
        put: 'if (intents.length > 0) return { entries, intents }',
      },
      { file: 'src/flow/promote.ts', find: '...(failure.retry && { due: later })', put: '' },
    ],
    caught: bySimulation(1, 80, 3),
  },

  // ---- Mistakes around the protocol -----------------------------------------------------------------------------------------------
  {
    name: 'delivered-before-marking',
    breaks: 'a revision counts as delivered only when its targets were marked',
    patch: [
      { file: 'src/flow/mark.ts', find: '  await Promise.all(targets.map((target) => mark(target, world)))\n', put: '' },
      {
        file: 'src/flow/mark.ts',
        find: 'world.store.setDelivered(policy, revision)))\n',
        put: 'world.store.setDelivered(policy, revision)))\n  await Promise.all(targets.map((target) => mark(target, world)))\n',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'constant-deduplication-id',
    breaks: 'a message is swallowed only while nobody has finished a look since',
    patch: [
      { file: 'src/flow/mark.ts', find: '`${targetKey(target)}#${done}`', put: '`${targetKey(target)}#${done - done}`' },
      { file: 'src/flow/rounds.ts', find: '`${targetKey(id)}#${target.asked}`', put: '`${targetKey(id)}#0`' },
    ],
    caught: byTest('test/flow/leave.test.ts'),
  },
  {
    name: 'no-intent',
    breaks: 'what is about to land is written down first',
    patch: [{ file: 'src/flow/commit.ts', find: 'await hold(target, { intents: [...intents, intent] }, world)', put: '' }],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'version-read-after-the-registry',
    breaks: 'the version is read before the registry is asked',
    patch: [
      {
        file: 'src/flow/evaluate.ts',
        find: 'if (!(await world.store.putSelection(chosen, selection.version))) return undefined',
        put: 'if (!(await world.store.putSelection(chosen, (await world.store.selection(policy))?.version ?? 0))) return undefined',
      },
      {
        file: 'src/flow/scan.ts',
        find: '(await world.store.putSelection(chosen, selection.version))',
        put: '(await world.store.putSelection(chosen, (await world.store.selection(policy))?.version ?? 0))',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'selection-written-whatever-its-version',
    breaks: 'a judgement is written only over the selection that it was made on',
    patch: [
      {
        file: 'src/adapters/dynamodb/selections.ts',
        find: `      attributes({ ...key, v: FORMAT, is: 'selection', body, ...watched, ...dueAttributes(key, policy, due) }),
      atVersion(expected),`,
        put: "      attributes({ ...key, v: FORMAT, is: 'selection', body, ...watched, ...dueAttributes(key, policy, due) }),",
      },
      { file: 'src/adapters/dynamodb/selections.ts', find: "import { atVersion } from './wire.ts'\n", put: '' },
    ],
    caught: bySimulation(1, 80, 0),
  },
  {
    name: 'let-go-without-comparing-asked',
    breaks: 'a target is let go only if nothing more was asked meanwhile',
    patch: [
      {
        file: 'src/adapters/dynamodb/targets.ts',
        find: 'held: whatever ? held : `${held} AND #asked = :n`,',
        put: 'held: whatever ? held : held,',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'tenure-is-not-compared',
    breaks: 'a holder’s writes fail once another holder has come',
    patch: [{ file: 'src/adapters/dynamodb/targets.ts', find: "held: '#tenure = :tenure',", put: "held: '#tenure >= :tenure'," }],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'acknowledged-before-the-commit',
    breaks: 'a message is acknowledged last',
    patch: [
      {
        file: 'src/flow/handlers.ts',
        find: 'if (read.ok) await promote(read.value, world)',
        put: 'if (read.ok) void promote(read.value, world).catch(() => undefined)',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'nobody-sweeps',
    breaks: 'what events lose is found by the sweep',
    patch: [
      {
        file: 'src/flow/sweep.ts',
        find: "if (!(await world.store.lease('sweep', holder, began, began + longest))) return 0",
        put: 'if (holder) return 0',
      },
    ],
    caught: byTest('test/flow/promote.test.ts'),
  },
  {
    name: 'asked-read-after-gathering',
    breaks: 'what is asked for while a holder looks is not taken for done',
    patch: [
      { file: 'src/flow/rounds.ts', find: '      n: target.asked,\n', put: '      n: (await world.store.target(id))?.asked ?? 0,\n' },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'event-believed',
    breaks: 'a tag is written only if the registry has confirmed it',
    patch: [
      {
        file: 'src/flow/evaluate.ts',
        find: 'const there = await world.registry.confirm(source, signal.tag)',
        put: "const there: Awaited<ReturnType<Registry['confirm']>> = { found: source.image !== '', digest: `sha256:${'0'.repeat(64)}` } as never",
      },
    ],
    caught: byTest('test/flow/promote.test.ts'),
  },
  {
    name: 'no-expected-head',
    breaks: 'a commit lands only on the head that it was decided on',
    patch: [
      {
        file: 'src/flow/commit.ts',
        find: `await world.git.commit(place, target.id.branch, {
    expectedHead: reading.head,`,
        put: `await world.git.commit(place, target.id.branch, {
    expectedHead: await world.git.look(place, target.id.branch, { trees: [], files: [] }).then((look) => (look.found ? look.head : reading.head)),`,
      },
    ],
    caught: bySimulation(1, 80, 0),
  },
  {
    name: 'waiting-throws',
    breaks: 'only crashes burn receives; waiting is an outcome',
    patch: [
      {
        file: 'src/flow/rounds.ts',
        find: '    const soon = pause <= longestSleep\n',
        put: "    const soon = pause <= longestSleep\n    if (looked.waits) throw new Error('waits')\n",
      },
    ],
    caught: byTest('test/flow/leave.test.ts'),
  },
  {
    name: 'due-after-letting-go',
    breaks: '`done` and `due` are one write',
    patch: [
      {
        file: 'src/flow/rounds.ts',
        find: '(await world.store.letGo(id, target.tenure, kept))) return { last: looked, entries }',
        put: '(await world.store.letGo(id, target.tenure, { ...kept, due: null }))) {\n      if (kept.due !== null) await world.store.letGo(id, target.tenure, kept)\n      return { last: looked, entries }\n    }',
      },
      {
        file: 'src/flow/rounds.ts',
        find: '    const looked = await look(target, how)\n',
        put: '    const looked = await look(target, how)\n    if (target.asked === target.done && target.intents.length === 0) return { last: looked, entries }\n',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'entry-keyed-by-the-clock',
    breaks: 'an entry is keyed by its intent, so that writing it twice is writing it once',
    patch: [
      {
        file: 'src/flow/commit.ts',
        find: '    at: intent.at,\n',
        put: '    at: Math.max(intent.at, (world as Committing).clock.now()),\n',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'intent-cleared-before-the-entry',
    breaks: 'the entry is written before the intent is cleared',
    patch: [
      {
        file: 'src/flow/settle.ts',
        find: '  const entries: Entry[] = []\n',
        put: '  await world.store.keep(target.id, target.tenure, { intents: kept })\n  const entries: Entry[] = []\n',
      },
      {
        file: 'src/flow/commit.ts',
        find: '  const entry = await report(intent, { commit: committed.oid',
        put: '  await world.store.keep(target.id, target.tenure, { intents })\n  const entry = await report(intent, { commit: committed.oid',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'messages-are-lost',
    breaks: 'a mark whose message is lost is due, and the sweep finds it',
    patch: [
      {
        file: 'src/adapters/dynamodb/targets.ts',
        find: "const change = '#at = if_not_exists(#at, :due), #shard = if_not_exists(#shard, :shard) ADD #asked :one'",
        put: "const change = '#was = :due, #else = :shard ADD #asked :one'",
      },
      {
        file: 'src/adapters/dynamodb/targets.ts',
        find: "await wire.update(key, 'SET #at = :due', { if: '#at > :due', values: { due } })",
        put: '',
      },
    ],
    caught: bySimulation(1, 80, 3),
  },
  {
    name: 'handed-over-without-due',
    breaks: 'a holder that dies before its fresh message is out leaves the target due',
    patch: [
      {
        file: 'src/flow/rounds.ts',
        find: 'const due = Math.min(kept.due ?? Infinity, world.clock.now() + patience)',
        put: 'const { due } = kept',
      },
    ],
    caught: byTest('test/flow/faults.test.ts'),
  },
  {
    name: 'rewound-commit-is-not-told-again',
    breaks: 'a commit that a person has rewound is announced all the same',
    patch: [{ file: 'src/flow/settle.ts', find: '  await unless(gone, (intent) => toldAgain(intent, target, world))\n', put: '' }],
    caught: byTest('test/flow/faults.test.ts'),
  },

  // ---- Decisions that are simply wrong --------------------------------------------------------------------------------------------
  {
    name: 'numbers-compared-as-text',
    breaks: 'a numerical policy compares numbers',
    patch: [{ file: 'src/core/select/candidates.ts', find: '(a === b ? 0 : a < b ? -1 : 1)', put: 'compareBytes(String(a), String(b))' }],
    caught: byTest('test/core/vectors.test.ts'),
  },
]
