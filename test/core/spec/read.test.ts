import { describe, expect, test } from 'vitest'
import { milliseconds, readManifests } from '../../../src/core/spec.ts'

const containing = (text: string): unknown => expect.stringContaining(text)
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

const read = (yaml: string) => readManifests(yaml, 'app.yaml', { namespace: 'flux-system' })
const policy = (spec: string, name = 'app') => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${name} }
spec:
${spec.replace(/^/gm, '  ')}
`

describe('reading manifests', () => {
  test('gives each object its kind, name, namespace and place', () => {
    const { manifests, problems, warnings, skipped } = read(`# a comment
---
${policy('imageRepositoryRef: { name: app }\npolicy: { semver: { range: 1.x } }')}`)
    expect({ problems, warnings, skipped }).toEqual({ problems: [], warnings: [], skipped: {} })
    expect(manifests).toEqual([
      {
        kind: 'ImagePolicy',
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        name: 'app',
        namespace: 'flux-system',
        labels: {},
        annotations: {},
        spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '1.x' } } },
        from: 'app.yaml:3',
      },
    ])
  })

  test.each(['v1', 'v1beta2', 'v1beta1'])('takes API version %s', (version) => {
    expect(
      read(policy('imageRepositoryRef: { name: app }\npolicy: { alphabetical: {} }').replace('/v1\n', `/${version}\n`)).manifests,
    ).toHaveLength(1)
  })

  test('takes the items of a List, and counts what is not ours', () => {
    const list = `apiVersion: v1
kind: List
items:
  - apiVersion: image.toolkit.fluxcd.io/v1
    kind: ImageRepository
    metadata: { name: app }
    spec: { image: example/app, interval: 5m }
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: other }
---
replicas: 3
`
    const { manifests, skipped } = read(list)
    expect([manifests.map(({ name }) => name), skipped]).toEqual([['app'], { ConfigMap: 1, 'no kind': 1 }])
  })

  test('tells all problems at once, each with its line and what was probably meant', () => {
    const { manifests, problems } = read(`${policy('imageRepositoryRef: { name: app }\npolicy:\n  semvar: { range: 1.x }')}---
${policy('imageRepositoryRef: { nam: app }\npolicy: { numerical: { order: ascending } }', 'other')}---
apiVersion: image.toolkit.fluxcd.io/v1alpha1
kind: ImageRepository
metadata: { name: old }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app }
spec: { image: example/app, interval: 5 days }
`)
    expect(manifests).toEqual([])
    expect(problems).toMatchObject([
      { from: 'app.yaml:7', message: 'ImagePolicy "app": spec.policy has no field "semvar" (did you mean "semver"?)' },
      { from: 'app.yaml:13', message: 'ImagePolicy "other": spec.imageRepositoryRef.name is missing' },
      { from: 'app.yaml:13', message: 'ImagePolicy "other": spec.imageRepositoryRef has no field "nam" (did you mean "name"?)' },
      { from: 'app.yaml:14', message: containing('spec.policy.numerical.order: expected ("asc" | "desc"), got "ascending"') },
      {
        from: 'app.yaml:16',
        message: 'ImageRepository "old": apiVersion image.toolkit.fluxcd.io/v1alpha1 is not understood; write image.toolkit.fluxcd.io/v1',
      },
      { from: 'app.yaml:23', message: 'ImageRepository "app": spec.interval: expected a duration such as "5m" or "1h30m", got "5 days"' },
    ])
  })

  test.each([
    [
      'a range that is none',
      'imageRepositoryRef: { name: app }\npolicy: { semver: { range: ">=1.0.0<2.0.0" } }',
      'improper constraint: ">=1.0.0<2.0.0" (constraints are separated by a space or a comma',
    ],
    [
      'a pattern that does not compile',
      'imageRepositoryRef: { name: app }\nfilterTags: { pattern: "(" }\npolicy: { alphabetical: {} }',
      'missing closing )',
    ],
    ['no policy at all', 'imageRepositoryRef: { name: app }\npolicy: {}', 'given ImagePolicyChoice object is invalid'],
    [
      'an interval without need',
      'imageRepositoryRef: { name: app }\ninterval: 5m\npolicy: { alphabetical: {} }',
      "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
    ],
  ])('refuses %s when it is applied, not at the first push', (_, spec, message) => {
    const { manifests, problems } = read(policy(spec))
    expect(manifests).toEqual([])
    expect(problems).toMatchObject([{ from: matching(/^app\.yaml:\d+$/), message: containing(message) }])
  })

  const automation = (template: string) => `apiVersion: image.toolkit.fluxcd.io/v1beta2
kind: ImageUpdateAutomation
metadata: { name: fleet, namespace: shop }
spec:
  interval: 5m
  sourceRef: { kind: GitRepository, name: fleet }
  git: { commit: { author: { email: a@example.com }, messageTemplate: ${JSON.stringify(template)} } }
`

  test('warns of the removed fields that tagboat still fills in', () => {
    const { manifests, warnings } = read(automation('{{range .Updated.Images}}{{println .}}{{end}}'))
    expect(manifests).toHaveLength(1)
    expect(warnings).toEqual([{ code: 'template', from: 'app.yaml:7', message: containing("template uses removed '.Updated' field") }])
  })

  test('refuses a template that cannot be parsed', () => {
    const { problems } = read(automation('{{ range .Changed.Changes }}'))
    expect(problems).toEqual([{ code: 'template', from: 'app.yaml:7', message: containing('unexpected EOF') }])
  })

  test('refuses what would exhaust the process, and says which limit', () => {
    expect(read('['.repeat(5000)).problems).toEqual([{ from: 'app.yaml', message: 'brackets nest deeper than 100' }])
    expect(
      read(
        `a: &a [x, x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`}, *${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}`,
      ).problems,
    ).toEqual([{ from: 'app.yaml:1', message: 'aliases expand to too much (more than 100 uses)' }])
    expect(read('a: [').problems[0]?.message).toMatch(/^not valid YAML: /)
  })

  test('reads durations as Go does', () => {
    expect(['1m', '1m30s', '0.5h', '100ms', '1h1m1s'].map(milliseconds)).toEqual([60_000, 90_000, 1_800_000, 100, 3_661_000])
  })
})
