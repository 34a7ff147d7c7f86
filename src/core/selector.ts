// metav1.LabelSelector, as apimachinery validates and matches it, with its error texts: they end up in an automation's conditions.

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | null
  readonly matchExpressions?: readonly LabelExpression[] | null
}

export interface LabelExpression {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[] | null
}

export type Labels = Readonly<Record<string, string>>

export type PreparedSelector =
  { readonly ok: true; readonly matches: (labels: Labels) => boolean } | { readonly ok: false; readonly error: string }

interface Requirement {
  readonly key: string
  readonly operator: 'in' | 'not-in' | 'exists' | 'does-not-exist'
  readonly values: readonly string[]
}

const operators: ReadonlyMap<string, Requirement['operator']> = new Map([
  ['In', 'in'],
  ['NotIn', 'not-in'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'does-not-exist'],
] as const)

/** No selector, and an empty one, select everything: `spec.policySelector` narrows, it does not enable. */
export function prepareSelector(selector: LabelSelector | null | undefined): PreparedSelector {
  const requirements: Requirement[] = []
  // Kubernetes takes the labels in any order; the first error by key is told.
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    requirements.push({ key, operator: 'in', values: [value] })
    const problem = problemOf(key, 'in', [value])
    if (problem) return refused(problem)
  }
  for (const { key, operator: name, values } of selector?.matchExpressions ?? []) {
    const operator = operators.get(name)
    if (!operator) return refused(`${quoted(name)} is not a valid label selector operator`)
    const problem = problemOf(key, operator, values ?? [])
    if (problem) return refused(problem)
    requirements.push({ key, operator, values: values ?? [] })
  }
  return { ok: true, matches: (labels) => requirements.every((requirement) => meets(requirement, labels)) }
}

/** Whether one policy's labels are selected, or why nobody can say. */
export function selects(
  selector: LabelSelector | null | undefined,
  labels: Labels,
): { readonly selected: boolean } | { readonly error: string } {
  const prepared = prepareSelector(selector)
  return prepared.ok ? { selected: prepared.matches(labels) } : { error: prepared.error }
}

const refused = (problem: string): PreparedSelector => ({ ok: false, error: `failed to parse policy selector: ${problem}` })

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value)
    case 'not-in':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case 'does-not-exist':
      return value === undefined
  }
}

function problemOf(key: string, operator: Requirement['operator'], values: readonly string[]): string | undefined {
  const problems: string[] = []
  const inKey = keyProblems(key)
  if (inKey.length > 0) problems.push(`key: Invalid value: ${quoted(key)}: ${inKey.join('; ')}`)
  const takesValues = operator === 'in' || operator === 'not-in'
  if (takesValues && values.length === 0)
    problems.push("values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty")
  if (!takesValues && values.length > 0) {
    problems.push(`values: Invalid value: ${json(values)}: values set must be empty for exists and does not exist`)
  }
  for (const [i, value] of values.entries()) {
    const inValue = valueProblems(value)
    if (inValue.length > 0) problems.push(`values[${i}][${key}]: Invalid value: ${quoted(value)}: ${inValue.join('; ')}`)
  }
  const different = [...new Set(problems)]
  return different.length > 1 ? `[${different.join(', ')}]` : different[0]
}

const nameFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const namePattern = new RegExp(`^${nameFormat}$`)
const nameProblem =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${nameFormat}')`

const subdomainFormat = String.raw`[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*`
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const subdomainProblem =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric " +
  `character (e.g. 'example.com', regex used for validation is '${subdomainFormat}')`

const valueProblem =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  `character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${nameFormat})?')`

function keyProblems(key: string): readonly string[] {
  const parts = key.split('/')
  const [prefix, name = ''] = parts.length === 1 ? [undefined, key] : parts
  if (parts.length > 2)
    return [`a valid label key ${nameProblem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  const problems: string[] = []
  if (prefix === '') problems.push('prefix part must be non-empty')
  else if (prefix !== undefined) {
    if (bytesIn(prefix) > 253) problems.push('prefix part must be no more than 253 bytes')
    if (!subdomainPattern.test(prefix)) problems.push(`prefix part ${subdomainProblem}`)
  }
  if (name === '') problems.push('name part must be non-empty')
  else if (bytesIn(name) > 63) problems.push('name part must be no more than 63 bytes')
  if (!namePattern.test(name)) problems.push(`name part ${nameProblem}`)
  return problems
}

function valueProblems(value: string): readonly string[] {
  const problems: string[] = []
  if (bytesIn(value) > 63) problems.push('must be no more than 63 bytes')
  if (value !== '' && !namePattern.test(value)) problems.push(valueProblem)
  return problems
}

const bytesIn = (text: string): number => new TextEncoder().encode(text).length

/** Go's %q and JSON agree but for rare control characters. */
const quoted = (text: string): string => JSON.stringify(text)

/** Go's JSON hides what HTML would read. */
const json = (values: readonly string[]): string =>
  JSON.stringify(values).replace(/[<>&\u2028\u2029]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
