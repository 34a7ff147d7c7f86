// Label selectors as kubectl and flux take them on a command line: `env=prod,tier!=web,team in (a,b),!legacy`.
import { prepareSelector, type LabelExpression, type PreparedSelector } from '../core/selector.ts'
import { Usage } from './command.ts'

export function selectorOf(text: string | undefined): Extract<PreparedSelector, { ok: true }>['matches'] {
  const prepared = prepareSelector({ matchExpressions: text === undefined ? [] : split(text).map(expression) })
  if (prepared.ok) return prepared.matches
  throw new Usage(`expected a label selector such as env=prod, got "${text}" (${prepared.error})`)
}

/** At commas, but not at those between brackets. */
const split = (text: string): readonly string[] => text.split(/,(?![^(]*\))/).map((each) => each.trim())

function expression(text: string): LabelExpression {
  const [, key = '', operator, list = ''] = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text) ?? []
  if (operator !== undefined)
    return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: list.split(',').map((each) => each.trim()) }
  const [, name = '', sign, value = ''] = /^([^=!\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(text) ?? []
  if (sign !== undefined) return { key: name, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }
  if (/^!\S+$/.test(text)) return { key: text.slice(1), operator: 'DoesNotExist' }
  return { key: text, operator: 'Exists' }
}
