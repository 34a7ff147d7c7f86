import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderMessage, type Changed } from '../../../src/core/message.ts'
import { functionTable } from '../../../src/core/message/functions/table.ts'
import { meter } from '../../../src/core/message/limits.ts'
import { randomFrom } from '../../../src/core/message/run.ts'

interface Vector {
  readonly id: string
  readonly family: string
  readonly template: string
  readonly values?: Readonly<Record<string, string>>
  readonly automationObject: { readonly name: string; readonly namespace: string }
  readonly changed: Changed
  readonly expect: { readonly text?: string; readonly error?: string; readonly anyOf?: readonly string[] }
}

const read = (name: string): string => readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8')
const vectors = read('commit-message.jsonl')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector)

const render = ({ template, values, automationObject, changed }: Vector): { readonly text?: string; readonly error?: string } => {
  const rendered = renderMessage(template, { automation: automationObject, changed, ...(values ? { values } : {}) }, { strict: true })
  return rendered.ok ? { text: rendered.text } : { error: rendered.error }
}

describe('a commit message in strict mode is the one that Flux writes', () => {
  for (const family of new Set(vectors.map((vector) => vector.family))) {
    it(family, () => {
      for (const vector of vectors.filter((candidate) => candidate.family === family)) {
        const got = render(vector)
        const { anyOf, text, error } = vector.expect
        if (anyOf) expect(anyOf, vector.id).toContain(got.text)
        else expect(got, vector.id).toEqual(text === undefined ? { error } : { text })
      }
    })
  }
})

describe('the functions of Flux', () => {
  interface Signature {
    readonly name: string
    readonly from: string
    readonly minArgs: number
    readonly maxArgs: number
    readonly params: readonly string[]
  }
  const listed = JSON.parse(read('template-functions.json')) as {
    readonly functions: readonly Signature[]
    readonly removedByHermetic: readonly string[]
  }
  const table = functionTable({ meter: meter(), now: 0n, random: randomFrom('') })

  it('are all there, and no other', () => {
    expect(Object.keys(table).sort()).toEqual([...new Set(listed.functions.map(({ name }) => name))].sort())
    for (const name of listed.removedByHermetic) expect(table).not.toHaveProperty(name)
  })

  it('take as many arguments, of the same types', () => {
    for (const { name, from, minArgs, maxArgs, params } of listed.functions) {
      // sprig's slice hides the built-in one.
      if (name === 'slice' && from === 'builtin') continue
      const func = table[name]
      const types = [...(func?.params.map((type) => type.name) ?? []), ...(func?.rest ? [`...${func.rest.name}`] : [])]
      expect({ name, types, least: func?.params.length, most: func?.rest ? -1 : func?.params.length }).toEqual({
        name,
        types: params,
        least: minArgs,
        most: maxArgs,
      })
    }
  })
})
