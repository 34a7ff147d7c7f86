import type { Style } from './scanner.ts'

interface Place {
  /** The explicit tag in its short form; empty if there is none, or only `!`. */
  readonly tag: string
  readonly head: string
  readonly behind: string
}

export interface Scalar extends Place {
  readonly kind: 'scalar'
  readonly value: string
  readonly style: Style
  /** Where it is written, without tag and anchor, in UTF-16 units. */
  readonly start: number
  readonly end: number
  readonly anchor: string
  /** Where its anchor and tag are written; both equal `start` if there are none. */
  readonly propsStart: number
  readonly propsEnd: number
  readonly line: number
  readonly inFlow: boolean
}
export interface Alias extends Place {
  readonly kind: 'alias'
  /** go-yaml's alias node carries the anchor's name as its value, and kyaml reads that. */
  readonly value: string
}
export interface Mapping extends Place {
  readonly kind: 'map'
  readonly value: ''
  /** Keys and values in turn. */
  readonly children: Node[]
}
export interface Sequence extends Place {
  readonly kind: 'seq'
  readonly value: ''
  readonly children: Node[]
}
export type Node = Scalar | Alias | Mapping | Sequence
