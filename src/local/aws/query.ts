// What SNS speaks: one POST of a form that names its action, XML back. Lists are numbered fields: `Attributes.entry.1.key`.
import type { Box } from '../box.ts'
import { Refusal } from './json.ts'

export type Form = URLSearchParams
/** Names and texts of the result, in order. */
export type Result = Readonly<Record<string, string>>
export type Action = (form: Form) => Result

export interface QueryProtocol {
  readonly version: string
  readonly namespace: string
}

/** Told from other forms, such as those for registry tokens, by being sent to the root. */
export const speaksQuery = (request: Request): boolean =>
  (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded') && new URL(request.url).pathname === '/'

export const awsQuery = (protocol: QueryProtocol, actions: Readonly<Record<string, Action>>): Box => {
  let requests = 0
  return async (request) => {
    const id = `40000000-0000-4000-8000-${(++requests).toString(16).padStart(12, '0')}`
    try {
      const form = new URLSearchParams(await request.text())
      const name = form.get('Action') ?? ''
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined
      if (action === undefined || form.get('Version') !== protocol.version)
        throw new Refusal(
          'InvalidAction',
          `this box knows ${Object.keys(actions).join(', ')} of version ${protocol.version}; met "${name}" of ${form.get('Version') ?? 'none'}`,
        )
      const fields = Object.entries(action(form)).map(([field, value]) => `<${field}>${escaped(value)}</${field}>`)
      const result = `<${name}Result>${fields.join('')}</${name}Result><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`
      return xml(`<${name}Response xmlns="${protocol.namespace}">${result}</${name}Response>`, 200)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return queryRefusal(error, id)
    }
  }
}

export const queryRefusal = (refusal: Pick<Refusal, 'code' | 'message' | 'status'>, id = ''): Response => {
  const type = refusal.status < 500 ? 'Sender' : 'Receiver'
  const error = `<Error><Type>${type}</Type><Code>${escaped(refusal.code)}</Code><Message>${escaped(refusal.message)}</Message></Error>`
  return xml(`<ErrorResponse>${error}<RequestId>${id}</RequestId></ErrorResponse>`, refusal.status)
}

export const xml = (body: string, status: number): Response => new Response(body, { status, headers: { 'content-type': 'text/xml' } })
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (each) => entities[each] ?? each)

/** The members of a numbered list, each with its own fields: `Attributes.entry.1.key=a` is `{ key: 'a' }`. */
export const membersOf = (form: Form, list: string): readonly Readonly<Record<string, string>>[] => {
  const members: Record<string, string>[] = []
  for (const [name, value] of form) {
    const [, number, field] = name.startsWith(`${list}.`) ? (/^(\d{1,3})\.(.+)$/.exec(name.slice(list.length + 1)) ?? []) : []
    if (number === undefined || field === undefined) continue
    const member = (members[Number(number) - 1] ??= {})
    member[field] = value
  }
  // A list with a hole ends there, as AWS reads it.
  const end = members.findIndex((member) => member === undefined)
  return end < 0 ? members : members.slice(0, end)
}

/** Parameters that the box does not act on are refused: a silent default would make tests lie. */
export const refuseOtherFields = (form: Form, known: readonly string[]): void => {
  const others = [...form.keys()].filter(
    (name) => !['Action', 'Version', ...known].some((each) => name === each || (each.endsWith('.') && name.startsWith(each))),
  )
  if (others.length > 0)
    throw new Refusal(
      'InvalidParameter',
      `${form.get('Action')}: this box does not act on ${others.join(', ')}; it knows ${known.join(', ')}`,
    )
}
