// The rules of the table, held at every write: what an item may become, and only after what. A rest shows what nobody mended; most broken
// rules are mended by the next scan or sweep, so they are looked for where they are broken.
import type { Ref } from '../../src/core/image.ts'
import type { Entry, Intent, Selection, StoredObject } from '../../src/core/state.ts'
import { gunzipSync } from 'node:zlib'
import type { Box } from '../../src/local/box.ts'
import { asStale } from '../../src/local/stale.ts'
import type { Ledger } from './ledger.ts'

export interface Protocol {
  /** Around the table. */
  readonly watched: (box: Box) => Box
  /** Whether a change that lands is written down, and nobody has given it up. */
  readonly intended: (id: string) => boolean
  readonly chosen: (scope: string, policy: string) => Ref | undefined
}

type Value = { readonly S?: string; readonly N?: string; readonly B?: string; readonly BOOL?: boolean }
type Item = Readonly<Record<string, Value>>
interface Input {
  readonly Item?: Item
  readonly Key?: Item
  readonly ExpressionAttributeValues?: Item
}

/** How far a read may be behind that does not ask for what is so now. */
const behind = 1500
/** An automation that was changed so short a time ago may or may not be asked. */
const settledAfter = 120_000

export interface ProtocolOptions {
  readonly ledger: Ledger
  readonly now: () => number
  /** Whether the commit of an intent is in a branch. */
  readonly stands: (id: string) => boolean
  /** Looked at as it is written; what is wrong with it. */
  readonly judged: (selection: Selection) => string | undefined
}

export function protocol({ ledger, now, stands, judged }: ProtocolOptions): Protocol {
  const selections = new Map<
    string,
    { readonly version: number; readonly selection: Selection; readonly changed: number; readonly at: number }
  >()
  const targets = new Map<string, Held>()
  const automations = new Map<string, { readonly target: string | undefined; readonly scope: string; readonly changed: number }>()
  const entries = new Map<string, string>()
  const latest = new Map<string, Ref | undefined>()
  let writes = 0

  const writtenSelection = (key: string, item: Item) => {
    const selection = bodyOf<Selection>(item)
    const version = numberIn(item, 'version')
    const before = selections.get(key)
    const bad = (why: string) => ledger.violation(`selection ${key}: ${why}`)
    if (version !== (before?.version ?? 0) + 1)
      bad(`version ${version} is written over ${before?.version ?? 0}, which its writer has not read`)
    const same = JSON.stringify(before?.selection.latestRef) === JSON.stringify(selection.latestRef)
    const revision = (before?.selection.revision ?? 0) + (same ? 0 : 1)
    if (selection.revision !== revision)
      bad(`what it chose ${same ? 'stays' : 'changes'}, and its revision becomes ${selection.revision} instead of ${revision}`)
    if (before && selection.generation < before.selection.generation) bad('is judged under an older configuration than before')
    const changed = same && before ? before.changed : writes
    const wrong = judged(selection)
    if (wrong !== undefined) bad(wrong)
    latest.set(`${selection.policy.scope}/${selection.policy.name}`, selection.latestRef)
    selections.set(key, { version, selection, changed, at: same && before ? before.at : now() })
  }

  const delivered = (key: string, revision: number) => {
    const known = selections.get(key)
    if (!known || revision < known.selection.revision) return
    const { scope } = known.selection.policy
    for (const { target, scope: own, changed } of automations.values()) {
      if (target === undefined || own !== scope || changed > known.at - settledAfter) continue
      if ((targets.get(target)?.marked ?? 0) < known.changed)
        ledger.violation(`selection ${key}: revision ${revision} counts as delivered before ${target} was marked for it`)
    }
  }

  const writtenTarget = (key: string, item: Item, values: Item) => {
    const [asked, done, tenure] = [numberIn(item, 'asked'), numberIn(item, 'done'), numberIn(item, 'tenure')]
    const before: Held = targets.get(key) ?? { asked: 0, done: 0, tenure: 0, taken: 0, marked: 0, intents: [] }
    const bad = (why: string) => ledger.violation(`target ${key}: ${why}`)
    const holder = values[':tenure']?.N
    if (holder !== undefined && Number(holder) !== before.tenure) bad(`tenure ${holder} writes although ${before.tenure} has come`)
    const taken = tenure > before.tenure ? asked : before.taken
    if (done !== before.done && done > taken) bad(`done becomes ${done}, and its holder has only seen that ${taken} was asked`)
    const intents = (unpacked(item['intents']) as readonly Intent[] | undefined) ?? []
    const due = item['at'] !== undefined
    if (asked > done && !due) bad(`asked for, and due at no time: a message that is lost is missed by nobody`)
    if (values[':n'] !== undefined && intents.length > 0 && !due) bad('let go with intents, and due at no time')
    const fresh = intents.filter(({ id }) => !before.intents.some((each) => each.id === id))
    if (fresh.length > 0 && fresh.length < intents.length) bad('a change is decided while another one may still land')
    for (const { id } of before.intents)
      if (!intents.some((each) => each.id === id) && stands(id) && !entries.has(id))
        bad(`the commit of intent ${id} stands, and it is cleared before its entry is written`)
    targets.set(key, { asked, done, tenure, taken, marked: asked > before.asked ? writes : before.marked, intents })
  }

  const writtenEntry = (key: string, item: Item) => {
    const { id } = bodyOf<Entry>(item)
    if (entries.has(id) && entries.get(id) !== key) ledger.violation(`entry ${id} is written twice`)
    entries.set(id, key)
  }

  const writtenObject = (key: string, item: Item) => {
    const { kind, scope, spec, status } = bodyOf<StoredObject<{ readonly suspend?: boolean }>>(item)
    if (kind !== 'ImageUpdateAutomation') return
    const of = status['target'] as
      { readonly host: string; readonly owner: string; readonly repository: string; readonly branch: string } | undefined
    const target = of && spec.suspend !== true ? `target#${of.host}#${of.owner}#${of.repository}#${of.branch}` : undefined
    if (automations.get(key)?.target !== target) automations.set(key, { target, scope, changed: now() })
  }

  const wrote = (operation: string, input: Input, answer: () => Item) => {
    writes++
    const key = input.Item ?? input.Key ?? {}
    const [pk, sk] = [key['pk']?.S ?? '', key['sk']?.S ?? '']
    if (operation === 'DeleteItem') {
      selections.delete(`${pk} ${sk}`)
      automations.delete(`${pk} ${sk}`)
      return
    }
    const is = input.Item?.['is']?.S
    if (is === 'selection') writtenSelection(`${pk} ${sk}`, input.Item ?? {})
    else if (is === 'entry') writtenEntry(`${pk} ${sk}`, input.Item ?? {})
    else if (is === 'object') writtenObject(`${pk} ${sk}`, input.Item ?? {})
    else if (operation === 'UpdateItem' && sk === 'target') writtenTarget(pk, answer(), input.ExpressionAttributeValues ?? {})
    else if (operation === 'UpdateItem' && selections.has(`${pk} ${sk}`)) delivered(`${pk} ${sk}`, numberIn(answer(), 'delivered'))
  }

  return {
    intended: (id) => [...targets.values()].some(({ intents }) => intents.some((each) => each.id === id)),
    chosen: (scope, policy) => latest.get(`${scope}/${policy}`),
    watched: (box) => async (request) => {
      const operation = request.headers.get('x-amz-target')?.split('.')[1] ?? ''
      const text = await request.clone().text()
      if (!changing.has(operation)) {
        const mayLag = reading.has(operation) && !text.includes('"ConsistentRead":true') && !text.includes('"IndexName"')
        return box(mayLag ? asStale(request, behind) : request)
      }
      const response = await box(request)
      if (!response.ok) return response
      const answer = await response.clone().text()
      wrote(operation, JSON.parse(text) as Input, () => (JSON.parse(answer) as { readonly Attributes?: Item }).Attributes ?? {})
      return response
    },
  }
}

interface Held {
  readonly asked: number
  readonly done: number
  readonly tenure: number
  /** What was asked when its holder came. */
  readonly taken: number
  /** By which write it was asked for last. */
  readonly marked: number
  readonly intents: readonly Intent[]
}

const changing: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem'])
const reading: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query'])

const numberIn = (item: Item, name: string): number => Number(item[name]?.N ?? 0)
function unpacked(value: Value | undefined): unknown {
  const text = value?.B === undefined ? value?.S : gunzipSync(Buffer.from(value.B, 'base64')).toString()
  return text === undefined ? undefined : JSON.parse(text)
}
const bodyOf = <T>(item: Item): T => unpacked(item['body']) as T
