// `${NAME}` and `${NAME:=default}`, as the postBuild of a Flux Kustomization fills them in: in values, never in comments, so that every
// line stays where it was.
import { isScalar, parseDocument, Scalar, visit, type Document } from 'yaml'

export interface Unfilled {
  readonly offset: number
  readonly message: string
}

const variable = /\$(\$\{[^}]*\}?|\{(?:([A-Za-z_][A-Za-z0-9_]*)(?:(:?[=-])([^}]*))?)\}|\{[^}]*\}?)/g

/** Fills a document in place; what is left is told. */
export function substitute(document: Document, values: Readonly<Record<string, string>>): readonly Unfilled[] {
  const left: Unfilled[] = []
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const offset = node.range?.[0] ?? 0
      const text = filled(node.value, values, (message) => left.push({ offset, message }))
      if (text === node.value) return
      node.value = text
      if (node.type !== Scalar.PLAIN) return
      // Flux fills in text before it is read: without quotes, `true` becomes a boolean and `5` a number.
      const again = parseDocument(text, { prettyErrors: false })
      if (again.errors.length === 0 && isScalar(again.contents)) node.value = again.contents.value
    },
  })
  return left
}

function filled(text: string, values: Readonly<Record<string, string>>, complain: (message: string) => void): string {
  return text.replace(variable, (all, _inner: string, name?: string, operator?: string, otherwise?: string) => {
    if (all.startsWith('$$')) return all.slice(1)
    if (name === undefined) {
      complain(`"${all}" is not understood: expected \${NAME} or \${NAME:=default}, and $\${…} for a text that stays`)
      return all
    }
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    const wanting = value === undefined || (value === '' && operator?.startsWith(':'))
    if (!wanting) return value
    if (otherwise !== undefined) return otherwise
    if (value === '') return ''
    complain(`"\${${name}}" has no value: give it with --substitute ${name}=VALUE, or write $\${${name}} for a text that stays`)
    return all
  })
}

/** Texts in which `${…}` has a meaning of its own. */
const own: readonly string[] = ['extract', 'pattern', 'messageTemplate', 'messageTemplateValues', 'filter', 'resourceFilter', 'expression']

/** Variables that nobody has filled in, and where they stand. */
export function variablesIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
): readonly { path: readonly PropertyKey[]; name: string; all: string }[] {
  if (typeof value === 'string')
    return [...value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[=-][^}]*)?\}/g)].map(([all, name = '']) => ({ path, name, all }))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) =>
    own.includes(key) ? [] : variablesIn(each, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}
