// Where a command speaks: a terminal, a pipe or a test.
import type { Reach } from './connect.ts'

export interface Terminal {
  readonly version: string
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  /** A person looks at the output: colours, aligned columns, progress. */
  readonly live: boolean
  readonly colours: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly folder: string
  /** Ends when the person presses Ctrl-C, or (reason `closed`) when nobody reads the output any more. */
  readonly interrupted: AbortSignal
  /** All of standard input. */
  readonly input?: () => Promise<string>
  /** Asks a person, and gives the line that they answer; absent where there is nobody. */
  readonly ask?: (question: string) => Promise<string>
  /** Which world commands speak to; unless given, the one that runs in another terminal. */
  readonly reach?: Reach
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export function paint(terminal: Pick<Terminal, 'colours'>, colour: keyof typeof codes, text: string): string {
  return terminal.colours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text
}

/** A moment needs no words; what takes longer than a second does. */
export async function patiently<T>(
  terminal: Pick<Terminal, 'live' | 'colours' | 'error'>,
  what: string,
  work: Promise<T>,
  after = 1_000,
): Promise<T> {
  const timer = terminal.live ? setTimeout(() => terminal.error(paint(terminal, 'dim', `${what}…`)), after) : undefined
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

/** The markers of a file that change alike are one line, and say how many they are. */
export function alike<T>(changes: readonly T[], key: (change: T) => string): readonly { readonly change: T; readonly times: string }[] {
  const groups = new Map<string, { readonly change: T; count: number }>()
  for (const change of changes) {
    const group = groups.get(key(change))
    if (group) group.count += 1
    else groups.set(key(change), { change, count: 1 })
  }
  return [...groups.values()].map(({ change, count }) => ({ change, times: count === 1 ? '' : ` (${count} markers)` }))
}

/** Aligned on a terminal; in a pipe one tab between columns. */
export function table(
  terminal: Pick<Terminal, 'live'>,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly header?: boolean } = {},
): string {
  const clean = rows.map((row) => row.map((cell) => cell.replace(/[\u0000-\u001f\u007f]+/g, ' ')))
  const all = (options.header ?? true) ? [header, ...clean] : clean
  if (!terminal.live) return all.map((row) => row.join('\t')).join('\n')
  const widths = header.map((_, column) => Math.max(0, ...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}
