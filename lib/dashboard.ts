// One page in CloudWatch, for those who look there. It costs three dollars a month, so it is made only where it is asked for.
import { Duration } from 'aws-cdk-lib'
import { AlarmStatusWidget, Dashboard as Page, GraphWidget, Stats, type Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { metrics as known, type MetricName } from '../src/core/metrics.ts'
import { metricOf } from './alarms.ts'

export interface DashboardProps {
  readonly metrics: string
  readonly alarms: readonly Alarm[]
}

export class Dashboard extends Construct {
  readonly page: Page

  constructor(scope: Construct, id: string, { metrics, alarms }: DashboardProps) {
    super(scope, id)
    const graph = (title: string, names: readonly MetricName[], statistic: string): GraphWidget =>
      new GraphWidget({
        title,
        width: 12,
        left: names.map((name) =>
          metricOf(metrics, name, { statistic, period: Duration.minutes(5) }).with({ label: `${name}: ${known[name].about}` }),
        ),
      })
    this.page = new Page(this, 'Page', {
      widgets: [
        [new AlarmStatusWidget({ alarms: [...alarms], width: 24 })],
        [
          graph('What came in', ['Signals', 'Selections', 'Commits'], Stats.SUM),
          graph('How long it took', ['PushToCommit'], Stats.MAXIMUM),
        ],
        [
          graph('What went wrong', ['Failures', 'EventsRefused', 'FoundLate'], Stats.SUM),
          graph('How late the sweep is', ['OldestDue'], Stats.MAXIMUM),
        ],
        [graph('What is held back', ['Held'], Stats.MAXIMUM), graph('What is left of GitHub’s limits', ['BudgetLeft'], Stats.MINIMUM)],
      ],
    })
  }
}
