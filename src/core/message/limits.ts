// What a template may cost. Everything that can grow or repeat asks here first.
import { LimitError } from './go/errors.ts'

export const limits = {
  /** Characters of a template. */
  template: 64 * 1024,
  /** Nested actions and parentheses in a template. */
  nesting: 100,
  /** Templates calling templates. */
  templateDepth: 100,
  /** Lists in lists, dictionaries in dictionaries. */
  valueDepth: 200,
  /** Actions, loop turns, elements touched. */
  steps: 500_000,
  /** Bytes of the message. */
  message: 64 * 1024,
  /** Bytes of all texts made on the way, together. */
  text: 1024 * 1024,
  /** Bytes of a regular expression, or of a time layout. */
  pattern: 1000,
  /** Bytes searched by regular expressions, together. */
  searched: 1024 * 1024,
  /** Calls that are slow on purpose or by nature: bcrypt, htpasswd, derivePassword (counts twice), genPrivateKey. */
  slowCalls: 4,
} as const

export interface Meter {
  readonly step: (count?: number) => void
  readonly grow: (bytes: number) => void
  /** Bytes of the message itself. */
  readonly write: (bytes: number) => void
  readonly deep: (depth: number) => void
  readonly search: (pattern: number, bytes: number) => void
  readonly slow: (calls?: number) => void
}

export function meter(): Meter {
  let steps = 0
  let bytes = 0
  let searched = 0
  let slow = 0
  let message = 0
  return {
    step: (count = 1) => {
      steps += count
      if (steps > limits.steps)
        throw new LimitError(`the template takes more than ${limits.steps} steps (limit: steps); make its loops smaller`)
    },
    grow: (count) => {
      bytes += count
      if (bytes > limits.text) throw new LimitError(`the template makes more than ${limits.text} bytes of text on its way (limit: text)`)
    },
    write: (count) => {
      message += count
      if (message > limits.message) throw new LimitError(`the message is longer than ${limits.message} bytes (limit: message)`)
    },
    deep: (depth) => {
      if (depth > limits.valueDepth)
        throw new LimitError(`a value is nested more than ${limits.valueDepth} deep, or contains itself (limit: valueDepth)`)
    },
    search: (pattern, count) => {
      if (pattern > limits.pattern) throw new LimitError(`a regular expression is longer than ${limits.pattern} bytes (limit: pattern)`)
      searched += count + pattern
      if (searched > limits.searched)
        throw new LimitError(`regular expressions search more than ${limits.searched} bytes (limit: searched)`)
    },
    slow: (calls = 1) => {
      slow += calls
      if (slow > limits.slowCalls)
        throw new LimitError(`more than ${limits.slowCalls} calls of functions that are slow on purpose, such as bcrypt (limit: slowCalls)`)
    },
  }
}
