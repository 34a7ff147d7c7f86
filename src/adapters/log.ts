// One line of JSON for each event: CloudWatch reads its fields, and its metrics where it carries any.
import { embedded, measured } from '../core/metrics.ts'
import type { Clock, Log } from '../ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** What is no news unless somebody looks for it, and what somebody should look at. Everything else is `info`. */
const levels: Readonly<Record<string, LogLevel>> = {
  followed: 'debug',
  'scan-skipped': 'debug',
  'event-refused': 'warn',
  'message-refused': 'error',
  'message-failed': 'error',
  'look-failed': 'warn',
  'scan-failed': 'warn',
  'sweep-item-failed': 'error',
  'deployment-failed': 'error',
}

export interface LogOptions {
  readonly level: LogLevel
  readonly write: (line: string) => void
  readonly clock: Pick<Clock, 'now'>
  /** Where metrics are counted; nowhere, unless it is given. */
  readonly metrics?: string
}

export function jsonLog({ level, write, clock, metrics }: LogOptions): Log {
  return (event, fields = {}) => {
    const mine = levels[event] ?? 'info'
    const values = metrics === undefined ? {} : measured(event, fields)
    const counts = metrics !== undefined && Object.keys(values).length > 0
    // A level keeps lines from being read, not things from being counted.
    if (!counts && order.indexOf(mine) < order.indexOf(level)) return
    write(JSON.stringify({ level: mine, event, ...fields, ...(counts && embedded(values, metrics, clock.now())) }))
  }
}

/** Not console.log: where a function logs as JSON, that would wrap the line into another, in which no field and no metric is found. */
export const toStandardOutput = (line: string): void => void process.stdout.write(`${line}\n`)
