import { describe, expect, test } from 'vitest'
import { readFiles, readManifests, type SourceFile } from '../../../src/core/spec.ts'

const containing = (text: string): unknown => expect.stringContaining(text)
const repository = (name: string, spec = '{ image: ghcr.io/org/app, interval: 5m }') => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${name} }
spec: ${spec}
`
const read = (files: Readonly<Record<string, string>>, substitute?: Readonly<Record<string, string>>) =>
  readFiles(
    Object.entries(files).map(([file, text]): SourceFile => ({ file, text })),
    { namespace: 'flux-system', ...(substitute && { substitute }) },
  )
const one = (text: string, substitute?: Readonly<Record<string, string>>) =>
  readManifests(text, 'app.yaml', { namespace: 'flux-system', ...(substitute && { substitute }) })

describe('a kustomize patch', () => {
  test.each([
    ['patches: [{ path: patch.yaml }]'],
    ['patches: [{ path: ./patch.yaml, target: { kind: ImageRepository } }]'],
    ['patchesStrategicMerge: [patch.yaml]'],
  ])('that is listed under %s is named with the command that builds it', (listed) => {
    const { manifests, problems } = read({
      'clusters/prod/kustomization.yaml': `kind: Kustomization\nresources: [../base]\n${listed}\n`,
      'clusters/prod/patch.yaml': repository('app', '{ interval: 1m }'),
    })
    expect([manifests, problems]).toEqual([
      [],
      [
        {
          from: 'clusters/prod/patch.yaml',
          message: 'is a kustomize patch and no whole object: kustomize build clusters/prod | tagboat apply -f -',
        },
      ],
    ])
  })

  test('of something else is passed over, and counted', () => {
    const { problems, skipped } = read({
      'kustomization.yaml': 'kind: Kustomization\npatches: [{ path: deployment.yaml }, { path: ops.yaml }]\n',
      'deployment.yaml': 'kind: Deployment\nmetadata: { name: app }\n',
      'ops.yaml': '- { op: remove, path: /spec/replicas }\n',
    })
    expect([problems, skipped]).toEqual([[], { Kustomization: 1, 'kustomize patch': 2 }])
  })

  test('is not what an inline patch says', () => {
    const inline = 'kind: Kustomization\npatchesStrategicMerge:\n  - |-\n    kind: ImageRepository\n    metadata: { name: app }\n'
    expect(read({ 'kustomization.yaml': inline, 'app.yaml': repository('app') })).toMatchObject({
      manifests: [{ name: 'app' }],
      problems: [],
    })
  })
})

test('an object that lacks something beside a kustomization may be completed by an overlay, and the command is named', () => {
  const { problems } = read({
    'base/kustomization.yaml': 'resources: [app.yaml]\n',
    'base/app.yaml': repository('app', '{ image: a/app }'),
  })
  expect(problems).toEqual([
    {
      from: 'base/app.yaml:4',
      message: 'ImageRepository "app": spec.interval is missing; if an overlay adds it: kustomize build base | tagboat apply -f -',
    },
  ])
})

test('what a kustomization would change and we do not is told, once for each of them', () => {
  const files = {
    'a/kustomization.yaml': 'namespace: shop\nnamePrefix: prod-\n',
    'a/app.yaml': repository('app'),
    'b/app.yaml': repository('other'),
  }
  expect(read(files).warnings).toEqual([
    {
      from: 'a/kustomization.yaml',
      message: 'namespace, namePrefix of this kustomization are not carried out: kustomize build a | tagboat apply -f -',
    },
  ])
})

describe('a variable', () => {
  test.each<readonly [what: string, written: string, values: Readonly<Record<string, string>>, spec: unknown]>([
    ['its value', 'image: ${REGISTRY}/app', { REGISTRY: 'ghcr.io/org' }, { image: 'ghcr.io/org/app', interval: '5m' }],
    ['its default, without a value', 'image: "${REGISTRY:=docker.io/org}/app"', {}, { image: 'docker.io/org/app', interval: '5m' }],
    ['its default, with an empty one', 'image: "${R:-docker.io/org}/app"', { R: '' }, { image: 'docker.io/org/app', interval: '5m' }],
    ['a boolean, without quotes', 'image: a/b\n  suspend: ${S}', { S: 'true' }, { image: 'a/b', interval: '5m', suspend: true }],
    [
      'itself, with two dollars',
      'image: a/b\n  serviceAccountName: $${X}',
      {},
      { image: 'a/b', interval: '5m', serviceAccountName: '${X}' },
    ],
  ])('becomes %s', (_, written, values, spec) => {
    const { manifests, problems } = one(repository('app', `\n  interval: 5m\n  ${written}`), values)
    expect([manifests.map((each) => each.spec), problems]).toEqual([[spec], []])
  })

  test('that is left over is a problem with its line, with values given and without', () => {
    const text = `# \${COMMENT} stays what it is\n${repository('app', '\n  interval: 5m\n  image: ${REGISTRY}/app')}`
    const problem = (message: string) => [{ code: 'variable', from: 'app.yaml:7', message: containing(message) }]
    expect([one(text).problems, one(text, { OTHER: 'x' }).problems]).toEqual([
      problem('spec.image has the variable ${REGISTRY}: give its value with --substitute REGISTRY=VALUE'),
      [
        ...problem('"${REGISTRY}" has no value'),
        { code: 'meaningless', from: 'app.yaml:7', message: containing('could not parse reference') },
      ],
    ])
  })

  test('of an expression that envsubst knows and we do not is refused', () => {
    expect(one(repository('app', '\n  interval: 5m\n  image: ghcr.io/${ORG^^}/app'), { ORG: 'org' }).problems[0]).toMatchObject({
      code: 'variable',
      message: containing('"${ORG^^}" is not understood'),
    })
  })

  test('is a group where it stands in extract, and stays where an annotation says so', () => {
    const policy = (annotations: string) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app, annotations: { ${annotations} } }
spec:
  imageRepositoryRef: { name: app }
  filterTags: { pattern: '^(?P<ts>[0-9]+)$', extract: '\${ts}' }
  policy: { numerical: {} }
`
    const extract = ({ manifests }: ReturnType<typeof one>) =>
      manifests.map(({ spec }) => (spec as { filterTags: { extract: string } }).filterTags.extract)
    expect([
      extract(one(policy(''))),
      extract(one(policy('kustomize.toolkit.fluxcd.io/substitute: disabled'), {})),
      one(policy(''), {}).problems.length,
    ]).toEqual([['${ts}'], ['${ts}'], 1])
  })
})
