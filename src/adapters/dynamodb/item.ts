// How a value becomes attributes. What conditions and the index look at is an attribute of its own; the rest is one JSON text.
import { gunzipSync, gzipSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { Failure } from '../../core/failure.ts'

export type Item = Readonly<Record<string, AttributeValue>>
export type Scalar = string | number | boolean

/** The format of everything written here. A reader that meets a higher one must not guess. */
export const FORMAT = 1

/** Longer texts are compressed: history and intents name the same paths again and again. */
const PLAIN = 16_000
/** DynamoDB's limit for an item is 409,600 bytes, with keys (3,072 at most), ids and numbers beside this text. */
const LARGEST = 380_000
/** What a compressed text may grow to when read. */
const UNPACKED = 64 * 1024 * 1024

export const attribute = (value: Scalar): AttributeValue =>
  typeof value === 'string' ? { S: value } : typeof value === 'number' ? { N: String(value) } : { BOOL: value }

/** Undefined members are left out, as in JSON. */
export function attributes(values: Readonly<Record<string, Scalar | AttributeValue | undefined>>): Record<string, AttributeValue> {
  const made: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) made[name] = typeof value === 'object' ? value : attribute(value)
  return made
}

/** Undefined: too large for an item. */
export function tryPack(value: unknown): AttributeValue | undefined {
  const json = JSON.stringify(value)
  if (json.length <= PLAIN) return { S: json }
  if (json.length > UNPACKED) return undefined
  const bytes = gzipSync(json)
  return bytes.length <= LARGEST ? { B: bytes } : undefined
}
export function pack(value: unknown, what: string): AttributeValue {
  const packed = tryPack(value)
  if (packed) return packed
  throw new Failure(
    'item-too-large',
    `${what} takes more than ${LARGEST} bytes compressed, more than one item of the table can hold; make it smaller or split it`,
  )
}

/** What we packed ourselves; undefined where the attribute is absent. */
export function unpack<T>(packed: AttributeValue | undefined): T | undefined {
  const text = packed?.B ? gunzipSync(packed.B, { maxOutputLength: UNPACKED }).toString() : packed?.S
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
export function unpackBody<T>(item: Item, name = 'body'): T {
  const format = numberOf(item, 'v')
  if (format > FORMAT) {
    throw new Failure(
      'item-too-new',
      `item ${textOf(item, 'pk')} ${textOf(item, 'sk')} has format ${format}, this version reads up to ${FORMAT}: a newer tagboat wrote it, upgrade this one`,
    )
  }
  const body = unpack<T>(item[name])
  if (body !== undefined) return body
  throw new Failure(
    'item-broken',
    `item ${textOf(item, 'pk')} ${textOf(item, 'sk')} has no "${name}": it was changed by something else; delete it or restore the table`,
  )
}

/** Absent counts as 0, as in `ADD`. */
export const numberOf = (item: Item, name: string): number => Number(item[name]?.N ?? 0)
export const optionalNumber = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N)
export const textOf = (item: Item, name: string): string | undefined => item[name]?.S
