import type { Line } from './run.ts'

/** Nothing of our own documents may be refused; of others, nothing without a stated reason. */
export const failed = (lines: readonly Line[], { own }: { readonly own: boolean }): readonly Line[] =>
  lines.filter(({ happened }) => happened.is === 'refused' && (own || !happened.stated))

export function report(file: string, lines: readonly Line[]): string {
  const told = lines.map(({ line, what, happened }) => {
    const is = happened.is === 'refused' && !happened.stated ? 'REFUSED without a stated reason' : happened.is.replace('-', ' ')
    const said = happened.said.flatMap((each) => each.split('\n')).map((each) => `      ${each}`.trimEnd())
    return [`${file}:${line}: ${is}: ${what}`, ...said].join('\n')
  })
  const count = (test: (line: Line) => boolean) => lines.filter(test).length
  const counts = [
    `${count(({ happened }) => happened.is === 'accepted')} accepted`,
    `${count(({ happened }) => happened.is === 'refused' && happened.stated)} refused with a reason`,
    `${count(({ happened }) => happened.is === 'refused' && !happened.stated)} refused without`,
    `${count(({ happened }) => happened.is === 'not-ours')} not ours`,
  ]
  return [...told, `${file}: ${counts.join(', ')}`].join('\n')
}
