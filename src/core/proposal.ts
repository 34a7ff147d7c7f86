// What a pull request says of the change it brings, and whether it may merge by itself.
import { formatRef } from './image.ts'
import type { PullRequestWish } from './delivery.ts'
import type { PolicyFacts } from './plan.ts'
import type { PolicyId, RecordedChange } from './state.ts'
import { updateKind } from './update-kind.ts'

export interface ProposalText {
  readonly title: string
  readonly body: string
}

/** GitHub takes no longer ones. */
const longestTitle = 250
const longestBody = 60_000
const mostRows = 100

export function proposalText(
  { automation, changes }: { readonly automation: PolicyId; readonly changes: readonly RecordedChange[] },
  policies: readonly PolicyFacts[],
  said: { readonly title?: string | undefined; readonly body?: string | undefined; readonly wish: PullRequestWish },
): ProposalText {
  const title = (said.title ?? usualTitle(changes)).split('\n')[0]?.trim() ?? ''
  const body = [
    ...(said.body === undefined ? [] : [said.body.trim()]),
    `What ${policies.length === 1 ? 'the policy' : 'the policies'} of ${code(`${automation.namespace}/${automation.name}`)} chose:`,
    table(
      ['Policy', 'Image', 'Pushed', 'Why'],
      chosen(changes, policies).map(({ id, latestRef, cause }) => [
        code(`${id.namespace}/${id.name}`),
        latestRef ? code(formatRef(latestRef)) : '',
        cause?.pushedAt === undefined ? '' : new Date(cause.pushedAt).toISOString(),
        cause ? plain(cause.why) : '',
      ]),
    ),
    'What changes:',
    table(
      ['File', 'From', 'To'],
      changes.map(({ path, oldValue, newValue }) => [code(path), code(oldValue), code(newValue)]),
    ),
    next(said.wish, changes),
  ].join('\n\n')
  return { title: title.slice(0, longestTitle) || usualTitle(changes), body: body.slice(0, longestBody) }
}

/** The policies that these changes follow. */
const chosen = (changes: readonly RecordedChange[], policies: readonly PolicyFacts[]): readonly PolicyFacts[] =>
  policies.filter(({ id }) => changes.some(({ policy }) => policy.namespace === id.namespace && policy.name === id.name))

function usualTitle(changes: readonly RecordedChange[]): string {
  const updates = [...new Set(changes.map(({ policy, newValue }) => `${policy.name} to ${versionIn(newValue)}`))]
  return updates.length === 1 ? `Update ${updates[0]}` : `Update ${updates.length} images: ${updates.join(', ')}`
}

const next = ({ draft, autoMerge }: PullRequestWish, changes: readonly RecordedChange[]): string =>
  `${
    mayMerge(autoMerge, changes)
      ? draft
        ? `This is a ${distanceOf(changes)} change: once it is no draft any more, it is merged as soon as GitHub lets it.`
        : `This is a ${distanceOf(changes)} change: it is merged as soon as GitHub lets it.`
      : 'It waits for a person to merge it.'
  } While it is open, what is chosen next is added to it. Closing it refuses this change until something else is chosen.`

export type Distance = 'patch' | 'minor' | 'major'

/** The largest step among the changes. What is no version may be anything, so it counts as the largest. */
export function distanceOf(changes: readonly RecordedChange[]): Distance {
  const steps = changes.map(({ oldValue, newValue }) => {
    const [from, to] = [versionIn(oldValue), versionIn(newValue)]
    const kind = updateKind(from, to)
    if (kind === 'none' || kind === 'prerelease') return 'patch'
    return kind === 'unknown' ? 'major' : kind
  })
  return steps.includes('major') ? 'major' : steps.includes('minor') ? 'minor' : 'patch'
}

export const mayMerge = (autoMerge: PullRequestWish['autoMerge'], changes: readonly RecordedChange[]): boolean =>
  autoMerge === true || (Array.isArray(autoMerge) && autoMerge.includes(distanceOf(changes)))

/** The tag of a reference, or the value itself where a marker holds the tag alone. */
function versionIn(value: string): string {
  const [name = ''] = value.split('@')
  const last = name.slice(name.lastIndexOf('/') + 1)
  return last.includes(':') ? last.slice(last.lastIndexOf(':') + 1) : last
}

/** Hidden in the body: by these we know it again, whatever people write around them. */
export interface Marks {
  readonly id: string
  /** Which change it brings, by its values. */
  readonly change: string
  /** What we wrote, so that what a person writes over it stays. */
  readonly text: string
  /** We closed it ourselves: the same change may come again. */
  readonly withdrawn?: true
}

export const withMarks = (body: string, { id, change, text, withdrawn }: Marks): string =>
  `${body.replace(pattern, '').trimEnd()}\n\n<!-- tagboat id=${id} change=${change} text=${text}${withdrawn ? ' withdrawn' : ''} -->\n`

const pattern = /<!-- tagboat id=([0-9a-z]+) change=([0-9a-f]+) text=([0-9a-f]+)( withdrawn)? -->/g

export function marksIn(body: string): Marks | undefined {
  const [, id, change, text, withdrawn] = [...body.matchAll(pattern)].at(-1) ?? []
  return id !== undefined && change !== undefined && text !== undefined
    ? { id, change, text, ...(withdrawn !== undefined && { withdrawn: true as const }) }
    : undefined
}

/** What makes two changes the same for whoever refused one of them. */
export const essence = (changes: readonly RecordedChange[]): string =>
  JSON.stringify(changes.map(({ path, setter, newValue }) => [path, setter, newValue]).sort())

const plain = (text: string): string => text.replace(/[\r\n|<>]+/g, ' ').slice(0, 300)
/** As code, so that nothing in a name is a mention, a link or a comment. */
const code = (text: string): string => `\`${text.replace(/[`\r\n]/g, "'").replaceAll('|', '\\|')}\``

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows.slice(0, mostRows)].map((cells) => `| ${cells.join(' | ')} |`)
  return [...lines, ...(rows.length > mostRows ? ['', `and ${rows.length - mostRows} more`] : [])].join('\n')
}
