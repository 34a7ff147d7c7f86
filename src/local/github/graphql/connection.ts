// Lists as GraphQL pages them.
import { Refusal } from '../answers.ts'

export interface Paging {
  readonly first?: number | null
  readonly last?: number | null
  readonly after?: string | null
  readonly before?: string | null
}
export interface Connection<T> {
  readonly totalCount: () => number
  readonly nodes: readonly T[]
  readonly cursors: readonly string[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** `all` is walked only as far as the page needs. */
export function connect<T>(name: string, all: () => Iterable<T>, paging: Paging): Connection<T> {
  const { first, last } = paging
  if (first == null && last == null)
    throw new Refusal(200, `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`, {
      type: 'MISSING_PAGINATION_BOUNDARIES',
    })
  for (const [word, count] of Object.entries({ first, last }))
    if (count != null && (count < 0 || count > 100)) throw excessive(name, word, count)
  const totalCount = () => [...all()].length
  if (first == null) return fromTheEnd([...all()], last ?? 0, totalCount)
  const start = paging.after == null ? 0 : offsetOf(paging.after)
  const nodes: T[] = []
  let at = 0
  let more = false
  for (const one of all()) {
    if (at >= start + first) {
      more = true
      break
    }
    if (at >= start) nodes.push(one)
    at++
  }
  return { totalCount, nodes, cursors: nodes.map((_, index) => cursorOf(start + index + 1)), hasNextPage: more, hasPreviousPage: start > 0 }
}
function fromTheEnd<T>(all: readonly T[], last: number, totalCount: () => number): Connection<T> {
  const start = Math.max(0, all.length - last)
  const nodes = all.slice(start)
  return {
    totalCount,
    nodes,
    cursors: nodes.map((_, index) => cursorOf(start + index + 1)),
    hasNextPage: false,
    hasPreviousPage: start > 0,
  }
}
const cursorOf = (offset: number) => Buffer.from(`cursor:${offset}`).toString('base64')
function offsetOf(cursor: string): number {
  const match = /^cursor:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'))
  if (match === null) throw new Refusal(200, `\`${cursor}\` does not appear to be a valid cursor.`, { type: 'INVALID_CURSOR_ARGUMENTS' })
  return Number(match[1])
}
function excessive(name: string, word: string, count: number): Refusal {
  return count < 0
    ? new Refusal(200, `\`${word}\` on the \`${name}\` connection cannot be less than zero.`, { type: 'INVALID_PAGINATION' })
    : new Refusal(200, `Requesting ${count} records on the \`${name}\` connection exceeds the \`${word}\` limit of 100 records.`, {
        type: 'EXCESSIVE_PAGINATION',
      })
}
