// sprig: defaults and types.
import { fn, fnRest, gives, param, type Func } from '../go/functions.ts'
import { isEmpty, type Any } from '../go/values.ts'
import { Panic } from '../go/errors.ts'

const { any, str, bool } = param

const typeOf = (value: Any): string => value?.type.name ?? '<nil>'
const kindOf = (value: Any): string => value?.type.kind ?? 'invalid'

export const reflectionFunctions = (): Readonly<Record<string, Func>> => ({
  default: fnRest([any], any, gives.any, (otherwise, given) => (isEmpty(given[0] ?? null) ? otherwise : (given[0] ?? null))),
  empty: fn([any], gives.bool, isEmpty),
  coalesce: fnRest([], any, gives.any, (values) => values.find((value) => !isEmpty(value)) ?? null),
  all: fnRest([], any, gives.bool, (values) => !values.some(isEmpty)),
  any: fnRest([], any, gives.bool, (values) => values.some((value) => !isEmpty(value))),
  ternary: fn([any, any, bool], gives.any, (yes, no, which) => (which ? yes : no)),
  typeOf: fn([any], gives.str, typeOf),
  typeIs: fn([str, any], gives.bool, (name, value) => name === typeOf(value)),
  typeIsLike: fn([str, any], gives.bool, (name, value) => name === typeOf(value) || `*${name}` === typeOf(value)),
  kindOf: fn([any], gives.str, kindOf),
  kindIs: fn([str, any], gives.bool, (name, value) => name === kindOf(value)),
  fail: fn([str], gives.str, (message) => {
    throw new Panic(message)
  }),
})
