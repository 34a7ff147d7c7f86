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
  Receiver: { type: 'generic', secretRef: { name: 'token' }, resources: [] },
  PromotionRule: { automations: { matchLabels: { env: 'prod' } }, delivery: { commitAs: 'app' } },
} as const
type Kind = keyof typeof specs

const groups: Readonly<Record<Kind, string>> = {
  ImageRepository: 'image.toolkit.fluxcd.io',
  ImagePolicy: 'image.toolkit.fluxcd.io',
  ImageUpdateAutomation: 'image.toolkit.fluxcd.io',
  GitRepository: 'source.toolkit.fluxcd.io',
  PromotionRule: 'tagboat.dev',
  Receiver: 'notification.toolkit.fluxcd.io',
}
/** A manifest with one more value, as JSON, which is YAML. */
function withValue(kind: Kind, path: readonly string[], value: unknown, more: object = {}): string {
  const spec = structuredClone({ ...specs[kind], ...more }) as Record<string, unknown>
  let at = spec
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
  at[path.at(-1) ?? ''] = value
  return JSON.stringify({ apiVersion: `${groups[kind]}/v1`, kind, metadata: { name: 'app' }, spec })
}
const read = (text: string) => readManifests(text, 'app.yaml', { namespace: 'flux-system' })

const cases: readonly [kind: Kind, field: string, value: unknown, is: 'refused' | 'without-effect', more?: object][] = [
  ['ImageRepository', 'proxySecretRef', { name: 'proxy' }, 'without-effect'],
  ['ImageRepository', 'certSecretRef', { name: 'ca' }, 'without-effect'],
  ['ImageRepository', 'serviceAccountName', 'scanner', 'without-effect'],
  ['ImageRepository', 'provider', 'gcp', 'without-effect'],
  ['ImageRepository', 'provider', 'aws', 'without-effect'],
  ['ImageRepository', 'secretRef', { name: 'ecr' }, 'without-effect', { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app' }],
  ['ImageUpdateAutomation', 'git.push.options', { topic: 'x' }, 'without-effect'],
  ['GitRepository', 'provider', 'azure', 'without-effect'],
  ['Receiver', 'interval', '10m', 'without-effect'],
  ['PromotionRule', 'after', [{ policy: 'staging', for: '2h' }], 'refused'],
  ['PromotionRule', 'soak', '24h', 'refused'],
  ['PromotionRule', 'freeze', [{ cron: '0 18 * * 5', for: '62h' }], 'refused'],
  ['PromotionRule', 'scan', { critical: 0 }, 'refused'],
  ['PromotionRule', 'approvals', { count: 2 }, 'refused'],
  ['PromotionRule', 'downgrade', 'hold', 'refused'],
  ['PromotionRule', 'revert', 'hold', 'refused'],
  ['PromotionRule', 'policies', { matchLabels: { env: 'prod' } }, 'without-effect'],
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
    // A rule cannot be suspended.
    const [field, value] = kind === 'PromotionRule' ? ['automations', {}] : ['suspend', false]
    const { manifests, problems, warnings } = read(withValue(kind, [field], value))
    expect([manifests.length, problems, warnings]).toEqual([1, [], []])
  })

  test.each<readonly [kind: Kind, field: string, value: unknown]>([
    ['ImageRepository', 'image', 'public.ecr.aws/org/app'],
    ['ImageRepository', 'timeout', '30s'],
    ['ImageRepository', 'provider', 'generic'],
    ['ImageRepository', 'secretRef', { name: 'ghcr' }],
    ['ImageUpdateAutomation', 'git.push.branch', 'main'],
    ['GitRepository', 'provider', 'github'],
    ['GitRepository', 'timeout', '1m0s'],
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
