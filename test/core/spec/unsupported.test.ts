import { describe, expect, test } from 'vitest'
import { readManifests } from '../../../src/core/spec.ts'
import { unsupported } from '../../../src/core/spec/unsupported.ts'

const specs = {
  ImageRepository: { image: 'ghcr.io/org/app', interval: '1m' },
  ImagePolicy: { imageRepositoryRef: { name: 'app' }, policy: { alphabetical: {} } },
  ImageUpdateAutomation: {
    interval: '1m',
    sourceRef: { name: 'flux-system' },
    git: { checkout: { ref: { branch: 'main' } }, commit: { author: { email: 'bot@example.com' } } },
  },
  GitRepository: { url: 'https://github.com/demo/fleet', interval: '1m' },
} as const
type Kind = keyof typeof specs

const group = (kind: Kind) => (kind === 'GitRepository' ? 'source' : 'image')
/** A manifest with one more value, as JSON, which is YAML. */
function withValue(kind: Kind, path: readonly string[], value: unknown, more: object = {}): string {
  const spec = structuredClone({ ...specs[kind], ...more }) as Record<string, unknown>
  let at = spec
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
  at[path.at(-1) ?? ''] = value
  return JSON.stringify({ apiVersion: `${group(kind)}.toolkit.fluxcd.io/v1`, kind, metadata: { name: 'app' }, spec })
}
const read = (text: string) => readManifests(text, 'app.yaml', { namespace: 'flux-system' })

const cases: readonly [kind: Kind, field: string, value: unknown, is: 'refused' | 'without-effect', more?: object][] = [
  ['ImageRepository', 'timeout', '30s', 'without-effect'],
  ['ImageRepository', 'proxySecretRef', { name: 'proxy' }, 'without-effect'],
  ['ImageRepository', 'certSecretRef', { name: 'ca' }, 'without-effect'],
  ['ImageRepository', 'serviceAccountName', 'scanner', 'without-effect'],
  ['ImageRepository', 'provider', 'gcp', 'without-effect'],
  ['ImageRepository', 'secretRef', { name: 'ecr' }, 'without-effect', { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app' }],
  ['ImageUpdateAutomation', 'git.push.refspec', 'refs/heads/main:refs/heads/auto', 'without-effect'],
  ['ImageUpdateAutomation', 'git.push.options', { topic: 'x' }, 'without-effect'],
  ['GitRepository', 'timeout', '60s', 'without-effect'],
  ['GitRepository', 'proxySecretRef', { name: 'proxy' }, 'without-effect'],
  ['GitRepository', 'provider', 'azure', 'without-effect'],
]

describe('a field that does not do here what it does in Flux', () => {
  test.each([...cases])('%s spec.%s is told: %s %s', (kind, field, value, is, more = {}) => {
    const { manifests, problems, warnings } = read(withValue(kind, field.split('.'), value, more))
    const told = [is === 'refused' ? problems : warnings, is === 'refused' ? warnings : problems].map((all) =>
      all.map(({ code, message }) => [code, message.includes(`spec.${field} `)]),
    )
    expect(told).toEqual([[['not-supported', true]], []])
    expect(manifests).toHaveLength(is === 'refused' ? 0 : 1)
  })

  test('has a case here, whatever it is', () => {
    const rows = Object.entries(unsupported).flatMap(([kind, all]) => all.map(({ at }) => `${kind} ${at.join('.')}`))
    expect(cases.map(([kind, field]) => `${kind} ${field}`).sort()).toEqual(rows.sort())
  })
})

describe('nothing is told', () => {
  test.each(Object.keys(specs) as Kind[])('of a plain %s', (kind) => {
    const { manifests, problems, warnings } = read(withValue(kind, ['suspend'], false))
    expect([manifests.length, problems, warnings]).toEqual([1, [], []])
  })

  test.each<readonly [kind: Kind, field: string, value: unknown]>([
    ['ImageRepository', 'provider', 'aws'],
    ['ImageRepository', 'provider', 'generic'],
    ['ImageRepository', 'secretRef', { name: 'ghcr' }],
    ['ImageUpdateAutomation', 'git.push.branch', 'main'],
    ['GitRepository', 'provider', 'github'],
    ['GitRepository', 'ref', { tag: 'v1' }],
  ])('of %s spec.%s: %j', (kind, field, value) => {
    const { problems, warnings } = read(withValue(kind, field.split('.'), value))
    expect([problems, warnings]).toEqual([[], []])
  })
})

test('a commit message template that cannot work is refused, and one that Flux would stall on is told', () => {
  const broken = read(withValue('ImageUpdateAutomation', ['git', 'commit', 'messageTemplate'], '{{ if }}'))
  expect([broken.manifests.length, broken.problems.map(({ code }) => code)]).toEqual([0, ['template']])
  const removed = read(
    withValue('ImageUpdateAutomation', ['git', 'commit', 'messageTemplate'], '{{ range .Updated.Images }}{{ . }}{{ end }}'),
  )
  expect([removed.manifests.length, removed.problems, removed.warnings.map(({ code }) => code)]).toEqual([1, [], ['template']])
})
