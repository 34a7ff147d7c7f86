// Objects drawn from a CRD's own schema: valid ones over all fields, and the same with something broken.
import type { Json } from './crd-judge.ts'

/** A number in [0, 1). */
type Chance = () => number

/** Values that mean something where the schema asks for no more than a text; by the field's name. */
const meaning: Readonly<Record<string, readonly string[]>> = {
  image: ['ghcr.io/org/app', 'alpine', 'localhost:5000/app', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app'],
  url: ['https://github.com/org/fleet', 'ssh://git@github.com/org/fleet.git', 'http://git.example.com/org/fleet'],
  range: ['>=1.0.0', '1.x', '~1.2', '1.0.0 - 2.0.0'],
  pattern: ['^v', '^(?P<ts>[0-9]+)$', '.*'],
  extract: ['$1', '$ts', ''],
  exclusionList: ['^.*\\.sig$', 'latest', ''],
  key: ['env', 'app.kubernetes.io/name'],
  operator: ['Exists', 'DoesNotExist'],
  issuerURL: ['https://token.example', 'http://issuer.example/a', 'https://other.example'],
  expression: ['true', 'claims.sub == "x"', ''],
  filter: ['true', 'req.tag == res.metadata.name'],
  resourceFilter: ['true'],
  messageTemplate: ['', 'update {{ .AutomationObject }}', '{{ range .Changed.Changes }}{{ .NewValue }}{{ end }}'],
  interval: ['5m', '1h30m', '0.5h', '100ms', '1m0s'],
  timeout: ['30s', '1.5m', '900ms'],
  email: ['bot@example.com'],
  namespace: ['team', 'flux-system'],
  name: ['app', 'fleet', 'a.b-c'],
  branch: ['main', ''],
}
const texts: readonly string[] = ['', 'x', 'é ', '5', 'true', 'a/b', 'x'.repeat(253)]

const one = <T>(of: readonly T[], chance: Chance): T => of[Math.floor(chance() * of.length)] as T

/** `often`: how likely a field is that need not be there. */
export function draw(
  schema: Json,
  chance: Chance,
  { field = '', often = 0.4 }: { readonly field?: string; readonly often?: number } = {},
): unknown {
  if (Array.isArray(schema['enum'])) return one(schema['enum'] as readonly unknown[], chance)
  switch (schema['type']) {
    case 'boolean':
      return chance() < 0.5
    case 'array': {
      const least = (schema['minItems'] as number | undefined) ?? 0
      const many = least + Math.floor(chance() * 3)
      const items = Array.from({ length: many }, () => draw(schema['items'] as Json, chance, { field, often }))
      return field === 'oidcProviders' ? items.slice(0, Math.max(1, least)) : items
    }
    case 'object': {
      const required = (schema['required'] ?? []) as readonly string[]
      const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Json>>
      const drawn = Object.entries(properties).flatMap(([key, part]) =>
        required.includes(key) || chance() < often ? [[key, draw(part, chance, { field: key, often })] as const] : [],
      )
      const more = schema['additionalProperties'] ? [[one(['env', 'team', 'x'], chance), one(texts, chance)] as const] : []
      return Object.fromEntries([...drawn, ...more])
    }
    default:
      return one(meaning[field] ?? texts, chance)
  }
}

/** Half of what is drawn, made to agree with the rules that a schema's shape does not show, or few would be accepted. */
export function agreed(spec: unknown, chance: Chance): unknown {
  const { oidcProviders, secretRef, interval, ...rest } = spec as Readonly<Record<string, unknown>>
  if (chance() < 0.5) return spec
  if ('digestReflectionPolicy' in rest || 'imageRepositoryRef' in rest)
    return rest['digestReflectionPolicy'] === 'Always' ? { ...rest, interval: interval ?? '10m' } : rest
  if (!('resources' in rest)) return spec
  const receiver = { ...rest, ...(interval !== undefined && { interval }) }
  const provider = { issuerURL: 'https://token.example', validations: [{ expression: 'true', message: 'no' }] }
  return rest['type'] === 'generic-oidc'
    ? { ...receiver, oidcProviders: Array.isArray(oidcProviders) && oidcProviders.length > 0 ? oidcProviders : [provider] }
    : { ...receiver, secretRef: secretRef ?? { name: 'token' } }
}

interface Place {
  readonly path: readonly (string | number)[]
  readonly value: unknown
}
function placesOf(value: unknown, path: readonly (string | number)[] = []): readonly Place[] {
  const here = { path, value }
  if (Array.isArray(value)) return [here, ...value.flatMap((each, at) => placesOf(each, [...path, at]))]
  if (typeof value !== 'object' || value === null) return [here]
  return [here, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...path, key]))]
}

const otherwise: readonly unknown[] = [
  null,
  true,
  7,
  1.5,
  '',
  'bogus',
  '5 days',
  '1d',
  [],
  {},
  [null],
  ['x'],
  { x: 1 },
  'x'.repeat(254),
  'HTTPS://x',
]

/** One thing about it is different: gone, of another type, unknown, one too many. */
export function broken(object: unknown, chance: Chance): unknown {
  const copy = structuredClone(object)
  const { path, value } = one(placesOf(copy), chance)
  if (chance() < 0.25 && typeof value === 'object' && value !== null && !Array.isArray(value))
    return set(copy, [...path, one(['extra', 'Name', 'suspended', 'spec'], chance)], one(otherwise, chance))
  if (chance() < 0.2 && Array.isArray(value))
    return set(
      copy,
      path,
      Array.from({ length: 26 }, () => one<unknown>(value.length > 0 ? value : ['x'], chance)),
    )
  if (path.length > 0 && chance() < 0.35) return without(copy, path)
  return path.length === 0 ? copy : set(copy, path, one(otherwise, chance))
}

type Container = Record<string | number, unknown>
const parentOf = (object: unknown, path: readonly (string | number)[]): Container =>
  path.slice(0, -1).reduce<unknown>((at, key) => (at as Container)[key], object) as Container

function set(object: unknown, path: readonly (string | number)[], value: unknown): unknown {
  parentOf(object, path)[path.at(-1) ?? ''] = value
  return object
}
function without(object: unknown, path: readonly (string | number)[]): unknown {
  const parent = parentOf(object, path)
  const key = path.at(-1) ?? ''
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else Reflect.deleteProperty(parent, key)
  return object
}
