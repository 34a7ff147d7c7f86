// What a running tagboat tells Prometheus: what happened, from its own log, and how it stands, from the table.
import type { Log, World } from '../ports.ts'

export interface Metrics {
  /** Counts what goes by, and hands it on. */
  readonly counting: (log: Log) => Log
  readonly text: () => Promise<string>
}

export function metrics({
  world,
  scope,
  since,
}: {
  readonly world: Pick<World, 'store' | 'clock'>
  readonly scope: string
  readonly since: number
}): Metrics {
  const events = new Map<string, number>()
  return {
    counting: (log) => (event, fields) => {
      events.set(event, (events.get(event) ?? 0) + 1)
      log(event, fields)
    },
    text: async () => {
      const [shelf, targets] = await Promise.all([world.store.shelf(scope), world.store.targets()])
      const policies = shelf.objects.filter(({ kind }) => kind === 'ImagePolicy')
      const chosen = shelf.selections.filter(({ latestRef }) => latestRef !== undefined).length
      return [
        ...family('tagboat_start_time_seconds', 'gauge', 'When this process started.', [['', since / 1000]]),
        ...family(
          'tagboat_events_total',
          'counter',
          'What happened since then, by the name it has in the log.',
          [...events].sort(([a], [b]) => (a < b ? -1 : 1)).map(([event, count]) => [`{event="${event}"}`, count]),
        ),
        ...family('tagboat_policies', 'gauge', 'ImagePolicies, by whether they have chosen a tag.', [
          ['{chosen="true"}', chosen],
          ['{chosen="false"}', Math.max(0, policies.length - chosen)],
        ]),
        ...family('tagboat_targets_behind', 'gauge', 'Branches that are waiting to be looked at.', [
          ['', targets.filter(({ asked, done }) => asked > done).length],
        ]),
        ...family('tagboat_commits_unsettled', 'gauge', 'Commits that were sent and not heard of yet.', [
          ['', targets.reduce((sum, { intents }) => sum + intents.length, 0)],
        ]),
        '',
      ].join('\n')
    },
  }
}

const family = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): readonly string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
]
