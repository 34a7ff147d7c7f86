import { Usage, suggestion, type Command, type Entry } from './command.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Made of all the others: whoever has them hands them in. */
export const completionCommand = (entries: () => readonly Entry[]): Command => ({
  name: 'completion',
  about: 'print what lets a shell complete these commands and flags',
  arguments: 'bash|zsh|fish',
  choices: shells,
  flags: {},
  examples: [
    'tagboat completion bash > ~/.local/share/bash-completion/completions/tagboat',
    'tagboat completion zsh > "${fpath[1]}/_tagboat"',
    'tagboat completion fish > ~/.config/fish/completions/tagboat.fish',
  ],
  run: async (given, terminal) => {
    const shell = shells.find((each) => each === given.words[0])
    if (!shell || given.words.length > 1)
      throw new Usage(
        `expected bash, zsh or fish, got ${given.words.length === 0 ? 'nothing' : `"${given.words.join(' ')}"${suggestion(given.words[0] ?? '', shells)}`}`,
      )
    const { scriptFor } = await import('./completions.ts')
    terminal.out(scriptFor(shell, entries()))
    return 0
  },
})
