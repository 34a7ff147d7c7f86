// The command line in this process: words in, text and exit code out.
import { runCommand, type Entry } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/main.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { temporary } from './worlds.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly error: string
}

export async function say(
  words: readonly string[],
  { all = commands, ...more }: Partial<Terminal> & { readonly all?: readonly Entry[] } = {},
): Promise<Said> {
  const { folder, remove } = temporary()
  const said = { out: '', error: '' }
  try {
    const code = await runCommand(all, words, {
      version: '1.2.3',
      out: (text) => void (said.out += `${text}\n`),
      error: (text) => void (said.error += `${text}\n`),
      live: false,
      colours: false,
      environment: {},
      folder,
      interrupted: new AbortController().signal,
      ...more,
    })
    return { code, ...said }
  } finally {
    remove()
  }
}
