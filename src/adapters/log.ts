// One line of JSON for each event: CloudWatch reads it as fields.
import type { Log } from '../ports.ts'

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

export function jsonLog({ level, write }: { readonly level: LogLevel; readonly write: (line: string) => void }): Log {
  return (event, fields = {}) => {
    const mine = levels[event] ?? 'info'
    if (order.indexOf(mine) >= order.indexOf(level)) write(JSON.stringify({ level: mine, event, ...fields }))
  }
}
