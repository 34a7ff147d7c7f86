// What we tell the world goes to an event bus, under the source `tagboat`.
import type { EventBridgeClientConfig, PutEventsResultEntry } from '@aws-sdk/client-eventbridge'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { Failure } from '../core/failure.ts'
import type { Outbox } from '../ports.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'

export interface EventBusOptions {
  readonly config: EventBridgeClientConfig
  /** `default` unless given. */
  readonly busName?: string
  /** Repeats what failed in passing. An announcement may be repeated: readers tell repeats by `id`. */
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}

const source = 'tagboat'
/** EventBridge's limit for source, detail-type and detail together. */
const largestEntry = 262_144

export const eventBus = ({ config, busName = 'default', retrying }: EventBusOptions): Pick<Outbox, 'announce'> => {
  const client = silent(new EventBridgeClient({ ...config, ...bare }))
  return {
    announce: async (id, detailType, detail) => {
      const room = largestEntry - bytes(source) - bytes(detailType)
      const command = () =>
        new PutEventsCommand({
          Entries: [
            { EventBusName: busName, Source: source, DetailType: detailType, Detail: JSON.stringify(fitted({ ...detail, id }, room)) },
          ],
        })
      const once = async () => {
        const answer = await client.send(command()).catch((error: unknown) => {
          throw awsFailure('events', `announce ${detailType} ${id}`, error)
        })
        // The request as a whole succeeds even if its only entry does not.
        if ((answer.FailedEntryCount ?? 0) > 0) throw refusal(`announce ${detailType} ${id}`, answer.Entries?.[0] ?? {})
      }
      await (retrying ? retrying(once) : once())
    },
  }
}

const passing = new Set(['ThrottlingException', 'InternalFailure', 'InternalException', 'InternalError'])
const refusal = (doing: string, { ErrorCode = 'unknown', ErrorMessage = '' }: PutEventsResultEntry): Failure =>
  new Failure(passing.has(ErrorCode) ? 'events-throttled' : 'events-refused', `${doing}: ${ErrorCode}: ${ErrorMessage}`, {
    retry: passing.has(ErrorCode),
  })

const bytes = (text: string): number => Buffer.byteLength(text)

type Detail = Readonly<Record<string, unknown>>

/** Shortened rather than lost: the largest field is halved until all fits, and `shortened` names the fields that were cut. */
export const fitted = (detail: Detail, room: number): Detail => {
  let kept = detail
  const cut = new Set<string>()
  while (bytes(JSON.stringify(kept)) > room) {
    const largest = largestField(kept)
    // Nothing left to cut: the id alone still tells what it was about.
    if (largest === undefined) return { id: detail['id'], shortened: Object.keys(detail) }
    cut.add(largest)
    kept = { ...kept, [largest]: halved(kept[largest]), shortened: [...cut] }
  }
  return kept
}
const largestField = (detail: Detail): string | undefined => {
  let found: { readonly name: string; readonly size: number } | undefined
  for (const [name, value] of Object.entries(detail)) {
    const size = name === 'id' || name === 'shortened' ? 0 : bytes(JSON.stringify(value) ?? '')
    if (size > (found?.size ?? 'null'.length)) found = { name, size }
  }
  return found?.name
}
const halved = (value: unknown): unknown => {
  if (Array.isArray(value) && value.length > 1) return value.slice(0, value.length >> 1)
  return typeof value === 'string' && value.length > 100 ? `${value.slice(0, value.length >> 1)}…` : null
}
