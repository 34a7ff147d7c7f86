// The kinds as they are said at the command line: Flux's words.
import { singular, suggestion, Usage } from './command.ts'

export interface SaidKind {
  /** As Flux says it to people, too. */
  readonly said: string
  readonly kind: string
}
export const saidKinds = [
  { said: 'image repository', kind: 'ImageRepository' },
  { said: 'image policy', kind: 'ImagePolicy' },
  { said: 'image update', kind: 'ImageUpdateAutomation' },
  { said: 'source git', kind: 'GitRepository' },
  { said: 'receiver', kind: 'Receiver' },
] as const satisfies readonly SaidKind[]
export const kindChoices: readonly string[] = saidKinds.map(({ said }) => said)

/** `image policy app` → the kind and the words behind it. */
export function kindIn(words: readonly string[]): { readonly kind: SaidKind; readonly names: readonly string[] } {
  const said = words.slice(0, 2).map((word) => singular[word] ?? word)
  const kind = saidKinds.find((each) => each.said.split(' ').every((word, at) => word === said[at]))
  if (kind) return { kind, names: words.slice(kind.said.split(' ').length) }
  const met = words.length === 0 ? 'got nothing' : `got "${words.slice(0, 2).join(' ')}"`
  throw new Usage(`expected ${kindChoices.join(', ')}, ${met}${suggestion(said.join(' '), kindChoices)}`)
}
