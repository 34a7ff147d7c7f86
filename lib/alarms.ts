// One alarm for each way of being silent. Each has a heading of the same name in docs/runbook.md.
import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { MetricName } from '../src/core/metrics.ts'
import type { Inbox } from './inbox.ts'

/** The name is the heading; the sentence is what the alarm says. Each looks at one metric, since AWS charges for each metric of an alarm. */
export const alarms = {
  DeadEvents: 'an event was given up: evaluate failed on it three times, or could not be started for a day',
  DeadScans: 'a scan was given up after three crashes',
  DeadTargets: 'a target was given up after three crashes: commits to it wait',
  TargetsWait: 'a target has waited for a commit for more than ten minutes',
  ScansWait: 'a scan has waited for more than twenty minutes',
  WorkFails: 'something has failed for a quarter of an hour: Git, a registry or AWS refuses, or a message cannot be handled',
  SweepSilent: 'for a quarter of an hour no sweep has come to its end, or it is half an hour late: what events lose stays lost',
  EventsLost: 'the sweep has found several pushes of which no event told: events do not arrive',
} as const satisfies Readonly<Record<string, string>>
export type AlarmName = keyof typeof alarms

export interface AlarmsProps {
  readonly inbox: Inbox
  readonly metrics: string
  readonly topic: ITopic | undefined
}

export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, { inbox, metrics, topic }: AlarmsProps) {
    super(scope, id)
    const all: Alarm[] = []
    const watch = (name: AlarmName, metric: IMetric, rule: Rule = {}): void => {
      const { above = 0, periods = 1, silence = TreatMissingData.NOT_BREACHING } = rule
      const alarm = new Alarm(this, name, {
        alarmDescription: `tagboat: ${alarms[name]}. docs/runbook.md#${name.toLowerCase()}`,
        metric,
        threshold: above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: silence,
      })
      if (topic) alarm.addAlarmAction(new SnsAction(topic))
      all.push(alarm)
    }
    const most = { period: Duration.minutes(5), statistic: Stats.MAXIMUM }
    const counted = (metricName: MetricName, statistic: string, minutes: number): Metric =>
      metricOf(metrics, metricName, { statistic, period: Duration.minutes(minutes) })
    watch('DeadEvents', inbox.deadEvents.metricApproximateNumberOfMessagesVisible(most))
    watch('DeadScans', inbox.deadScans.metricApproximateNumberOfMessagesVisible(most))
    watch('DeadTargets', inbox.deadTargets.metricApproximateNumberOfMessagesVisible(most))
    watch('TargetsWait', inbox.targets.metricApproximateAgeOfOldestMessage(most), { above: Duration.minutes(10).toSeconds() })
    watch('ScansWait', inbox.scans.metricApproximateAgeOfOldestMessage(most), { above: Duration.minutes(20).toSeconds() })
    watch('WorkFails', counted('Failures', Stats.SUM, 5), { periods: 3 })
    // What a sweep says last: one that is not started, fails or does not end says nothing.
    watch('SweepSilent', counted('OldestDue', Stats.MAXIMUM, 5), {
      above: Duration.minutes(30).toSeconds(),
      periods: 3,
      silence: TreatMissingData.BREACHING,
    })
    watch('EventsLost', counted('FoundLate', Stats.SUM, 60), { above: 2 })
    this.all = all
  }
}
interface Rule {
  readonly above?: number
  readonly periods?: number
  readonly silence?: TreatMissingData
}

export const metricOf = (
  namespace: string,
  metricName: MetricName,
  { statistic, period }: { readonly statistic: string; readonly period: Duration },
): Metric => new Metric({ namespace, metricName, statistic, period })
