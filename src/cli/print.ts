import { suggestion, Usage } from './command.ts'
import type { Terminal } from './terminal.ts'

export type Format = 'text' | 'json' | 'yaml'

export function isFormat(text: string | undefined): Format {
  if (text === undefined) return 'text'
  if (text === 'json' || text === 'yaml') return text
  throw new Usage(`expected -o json or -o yaml, got "${text}"${suggestion(text, ['json', 'yaml'])}`)
}

export async function print(format: Format, value: unknown, terminal: Terminal, text: () => string): Promise<void> {
  if (format === 'json') terminal.out(JSON.stringify(value, null, 2))
  else if (format === 'yaml') terminal.out((await import('yaml')).stringify(value).trimEnd())
  else terminal.out(text())
}
