// What bash completes, asked in bash; zsh and fish are asked by test/slow/completion.sh.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandsOf } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/main.ts'
import { say } from './saying.ts'

const { out: script } = await say(['completion', 'bash'])
const complete = (line: string): readonly string[] => {
  const words = line.split(' ')
  const asked = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tagboat; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', `${script}\n${asked}`], { encoding: 'utf8', cwd: import.meta.dirname })
    .split('\n')
    .filter((each) => each !== '')
}

test.each<[string, readonly string[]]>([
  ['tagboat re', ['reconcile', 'resume']],
  ['tagboat create ', ['image', 'source', 'receiver', 'secret']],
  ['tagboat create image p', ['policy']],
  ['tagboat create image policy x --select-a', ['--select-alpha']],
  ['tagboat create image policy x --select-alpha d', ['desc']],
  ['tagboat create image policy x --select-alpha = d', ['desc']],
  ['tagboat suspend image ', ['repository', 'policy', 'update']],
  ['tagboat get images a', ['all']],
  ['tagboat get images all --label', ['--label-selector']],
  ['tagboat -n apps get source ', ['git']],
  ['tagboat -n create get source ', ['git']],
  ['tagboat get -o ', ['json', 'yaml']],
  ['tagboat apply -f comp', ['completion.test.ts']],
  ['tagboat completion z', ['zsh']],
  ['tagboat frobnicate x', []],
])('after "%s" comes %j', (line, words) => {
  expect(complete(line)).toEqual(words)
})

test('a flag of one name takes the same kind of value everywhere, since shells are told once', () => {
  const kinds = new Map<string, Set<string>>()
  for (const { flags } of commandsOf(commands))
    for (const [name, { type }] of Object.entries(flags)) kinds.set(name, (kinds.get(name) ?? new Set()).add(type))
  expect([...kinds].filter(([, types]) => types.size > 1)).toEqual([])
})

test.each([
  [[], 'expected bash, zsh or fish, got nothing'],
  [['fsh'], 'expected bash, zsh or fish, got "fsh" (did you mean "zsh"?)'],
])('completion %j is refused', async (words, message) => {
  expect(await say(['completion', ...words])).toEqual({ code: 2, out: '', error: `tagboat: ${message}\nSee: tagboat completion --help\n` })
})
