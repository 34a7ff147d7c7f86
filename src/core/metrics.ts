// What is counted, and from which event of the log: the whole list, since each costs money. None is told apart by target, policy or image.

interface Metric {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Percent'
  readonly about: string
}
export const metrics = {
  Signals: { unit: 'Count', about: 'pushes, deletions and changes of images that were judged' },
  EventsRefused: { unit: 'Count', about: 'events that nobody can read' },
  Selections: { unit: 'Count', about: 'times that a policy chose another tag' },
  FoundLate: { unit: 'Count', about: 'of these, what only the sweep has found in ECR: an event was lost' },
  Commits: { unit: 'Count', about: 'commits that landed' },
  PushToCommit: { unit: 'Milliseconds', about: 'from the push to the commit that followed' },
  Held: { unit: 'Count', about: 'automations whose changes are held back, at each look' },
  Failures: { unit: 'Count', about: 'what failed: a look at Git, a scan, a message, an item of the sweep, a deployment' },
  BudgetLeft: { unit: 'Percent', about: 'of the Git host’s limits, of the one that is closest' },
  OldestDue: { unit: 'Seconds', about: 'how late the sweep is with what has waited longest' },
} as const satisfies Readonly<Record<string, Metric>>
export type MetricName = keyof typeof metrics

type Fields = Readonly<Record<string, unknown>>
export type Measured = Readonly<Partial<Record<MetricName, number>>>

/** What an event of the log adds to the metrics. Nothing is sent for nothing: a metric without data costs nothing. */
export function measured(event: string, fields: Fields): Measured {
  switch (event) {
    case 'signal':
      return { Signals: 1, ...some('Selections', verdicts(fields)) }
    case 'change':
      return { Signals: 1 }
    case 'event-refused':
      // Children of an index come without a tag, and what did not succeed is no news: both are as they should be.
      return fields['why'] === 'untagged' || fields['why'] === 'unsuccessful' ? {} : { EventsRefused: 1 }
    case 'scan':
      return { ...some('Selections', numberIn(fields, 'selected')), ...some('FoundLate', numberIn(fields, 'late')) }
    case 'commit':
      return { Commits: 1, ...given('PushToCommit', fields['milliseconds']) }
    case 'look':
      // A look that commits nothing spends next to nothing.
      return {
        ...some('Held', numberIn(fields, 'held')),
        ...(numberIn(fields, 'commits') > 0 && given('BudgetLeft', fields['budgetLeft'])),
      }
    case 'sweep':
      return { OldestDue: numberIn(fields, 'oldest') / 1000 }
    case 'look-failed':
    case 'scan-failed':
    // Our own queues hold what we wrote ourselves: one that cannot be read is a fault.
    case 'message-refused':
    case 'message-failed':
    case 'sweep-item-failed':
    case 'deployment-failed':
      return { Failures: 1 }
    default:
      return {}
  }
}

/** CloudWatch's embedded format: fields of a line of the log, and beside them what they are. */
export const embedded = (values: Measured, namespace: string, now: number): Fields => ({
  ...values,
  _aws: {
    Timestamp: now,
    CloudWatchMetrics: [
      {
        Namespace: namespace,
        Dimensions: [[]],
        Metrics: (Object.keys(values) as MetricName[]).map((name) => ({ Name: name, Unit: metrics[name].unit })),
      },
    ],
  },
})

const some = (name: MetricName, count: number): Measured => (count > 0 ? { [name]: count } : {})
const given = (name: MetricName, value: unknown): Measured => (typeof value === 'number' ? { [name]: value } : {})
const numberIn = (fields: Fields, name: string): number => {
  const value = fields[name]
  return typeof value === 'number' ? value : 0
}
const verdicts = ({ verdicts: all }: Fields): number =>
  Array.isArray(all) ? all.filter((each: unknown) => (each as { readonly is?: unknown }).is === 'selected').length : 0
