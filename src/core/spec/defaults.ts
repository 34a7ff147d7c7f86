// What the CRDs fill in where a user leaves something out. Stored is what was written; shown is what is so.
import type { Kind } from './schemas.ts'

export interface Default {
  /** From `spec` on; filled in where everything above it is there. */
  readonly at: readonly string[]
  readonly value: unknown
}

export const defaults: Readonly<Record<Kind, readonly Default[]>> = {
  ImageRepository: [
    { at: ['exclusionList'], value: ['^.*\\.sig$'] },
    { at: ['provider'], value: 'generic' },
  ],
  ImagePolicy: [
    { at: ['digestReflectionPolicy'], value: 'Never' },
    { at: ['policy', 'alphabetical', 'order'], value: 'asc' },
    { at: ['policy', 'numerical', 'order'], value: 'asc' },
  ],
  ImageUpdateAutomation: [
    { at: ['sourceRef', 'kind'], value: 'GitRepository' },
    { at: ['update'], value: { strategy: 'Setters' } },
    { at: ['update', 'strategy'], value: 'Setters' },
  ],
  GitRepository: [
    { at: ['timeout'], value: '60s' },
    { at: ['verify', 'mode'], value: 'HEAD' },
  ],
  Receiver: [{ at: ['interval'], value: '10m' }],
  Namespace: [],
  PromotionRule: [{ at: ['delivery', 'commitAs'], value: 'app' }],
}

export const withDefaults = (kind: Kind, spec: unknown): unknown => defaults[kind].reduce((filled, each) => fill(filled, each), spec)

function fill(value: unknown, { at, value: usual }: Default): unknown {
  if (typeof value !== 'object' || value === null) return value
  const [key = '', ...rest] = at
  const record = value as Readonly<Record<string, unknown>>
  if (rest.length > 0) return key in record ? { ...record, [key]: fill(record[key], { at: rest, value: usual }) } : value
  return record[key] === undefined ? { ...record, [key]: usual } : value
}
