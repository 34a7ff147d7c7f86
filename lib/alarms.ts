// One alarm for each way of being silent. Each has a heading of the same name in docs/runbook.md.
import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, MathExpression, Stats, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { Functions } from './functions.ts'
import type { Inbox } from './inbox.ts'

/** The name is the heading; the sentence is what the alarm says. */
export const alarms = {
  DeadEvents: 'an event was given up: evaluate failed on it three times, or could not be started for a day',
  DeadScans: 'a scan was given up after three crashes',
  DeadTargets: 'a target was given up after three crashes: commits to it wait',
  TargetsWait: 'a target has waited for a commit for more than ten minutes',
  FunctionsFail: 'functions have failed for a quarter of an hour',
  SweepSilent: 'no sweep has run for a quarter of an hour: what events lose stays lost',
} as const satisfies Readonly<Record<string, string>>
export type AlarmName = keyof typeof alarms

export interface AlarmsProps {
  readonly inbox: Inbox
  readonly functions: Functions
  readonly topic: ITopic | undefined
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { inbox, functions, topic }: AlarmsProps) {
    super(scope, id)
    const watch = (name: AlarmName, metric: IMetric, rule: Rule = {}): void => {
      const { above = 0, periods = 1, silence = TreatMissingData.NOT_BREACHING, below } = rule
      const alarm = new Alarm(this, name, {
        alarmDescription: `tagboat: ${alarms[name]}. docs/runbook.md#${name.toLowerCase()}`,
        metric,
        threshold: below ?? above,
        comparisonOperator: below === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: silence,
      })
      if (topic) alarm.addAlarmAction(new SnsAction(topic))
    }
    const fiveMinutes = { period: Duration.minutes(5) }
    const most = { ...fiveMinutes, statistic: Stats.MAXIMUM }
    watch('DeadEvents', inbox.deadEvents.metricApproximateNumberOfMessagesVisible(most))
    watch('DeadScans', inbox.deadScans.metricApproximateNumberOfMessagesVisible(most))
    watch('DeadTargets', inbox.deadTargets.metricApproximateNumberOfMessagesVisible(most))
    watch('TargetsWait', inbox.targets.metricApproximateAgeOfOldestMessage(most), { above: Duration.minutes(10).toSeconds() })
    const { evaluate, scan, promote, sweep } = functions
    const usingMetrics = Object.fromEntries(
      Object.entries({ evaluate, scan, promote, sweep }).map(([name, each]) => [name, each.metricErrors(fiveMinutes)]),
    )
    const errors = new MathExpression({ expression: 'SUM(METRICS())', label: 'errors of all functions', usingMetrics, ...fiveMinutes })
    watch('FunctionsFail', errors, { periods: 3 })
    watch('SweepSilent', sweep.metricInvocations({ period: Duration.minutes(15) }), { below: 1, silence: TreatMissingData.BREACHING })
  }
}
interface Rule {
  readonly above?: number
  readonly below?: number
  readonly periods?: number
  readonly silence?: TreatMissingData
}
