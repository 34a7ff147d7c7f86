// The log of a running world, told to a person: pushes, decisions, commits; the rest is for programs.
import type { RecordedChange, TargetId } from '../core/state.ts'
import type { Log } from '../ports.ts'
import type { Verdict } from '../flow/evaluate.ts'
import { alike, paint, type Terminal } from './terminal.ts'

type Fields = Readonly<Record<string, unknown>>

const words: Readonly<Record<Verdict['is'], string>> = {
  selected: 'chose it',
  unchanged: 'stays with its tag',
  gone: 'would choose it, but the registry does not have it',
  noted: 'notes it: a scan is under way',
  doubt: 'asks for a scan',
  'asked-scan': 'asks for a scan to confirm it',
}

export function narrator(terminal: Terminal): Log {
  return (event, fields = {}) => {
    const text = tell(event, fields, terminal)
    if (text !== undefined) terminal.out(`${paint(terminal, 'dim', new Date().toTimeString().slice(0, 8))} ${text}`)
  }
}

function tell(event: string, fields: Fields, terminal: Terminal): string | undefined {
  switch (event) {
    case 'signal':
      return tellSignal(fields as unknown as { is: string; image: string; tag: string; verdicts: readonly Verdict[] }, terminal)
    case 'commit':
      return tellCommit(fields as unknown as { commit: string; target: TargetId; lines: readonly RecordedChange[] }, terminal)
    case 'look-failed':
      return paint(terminal, 'red', `cannot commit: ${String(fields['message'])}`)
    case 'message-failed':
      return paint(terminal, 'red', `failed, will be tried again: ${String(fields['error'])}`)
    case 'event-refused':
      return fields['why'] === 'untagged'
        ? undefined
        : paint(terminal, 'yellow', `an event was not understood: ${String(fields['why'])} ${String(fields['detail'])}`)
    default:
      return undefined
  }
}

function tellSignal(
  {
    is,
    image,
    tag,
    verdicts,
  }: { readonly is: string; readonly image: string; readonly tag: string; readonly verdicts: readonly Verdict[] },
  terminal: Terminal,
): string {
  const name = image.replace(/^\d+\.dkr\.ecr\.[^/]+\//, '')
  const what = `${is} ${paint(terminal, 'bold', `${name}:${tag}`)}`
  if (verdicts.length === 0) return `${what}: nobody watches it`
  return `${what}: ${verdicts.map(({ policy, is: verdict }) => `${policy.replace(/^[^/]+\//, '')} ${verdict === 'selected' ? paint(terminal, 'green', words[verdict]) : words[verdict]}`).join(', ')}`
}

function tellCommit(
  { commit, target, lines }: { readonly commit: string; readonly target: TargetId; readonly lines: readonly RecordedChange[] },
  terminal: Terminal,
): string {
  const where = `${target.owner}/${target.repository}@${target.branch}`
  return [
    `commit ${paint(terminal, 'yellow', commit.slice(0, 7))} ${where}`,
    ...alike(lines, ({ path, oldValue, newValue }) => JSON.stringify([path, oldValue, newValue])).map(
      ({ change: { path, oldValue, newValue }, times }) =>
        `  ${path}: ${paint(terminal, 'red', oldValue)} -> ${paint(terminal, 'green', newValue)}${times}`,
    ),
  ].join('\n')
}
