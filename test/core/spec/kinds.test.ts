import { describe, expect, test } from 'vitest'
import { readManifests } from '../../../src/core/spec.ts'
import { rolesOf } from '../../../src/core/spec/secrets.ts'

const containing = (text: string): unknown => expect.stringContaining(text)
const read = (object: object) => readManifests(JSON.stringify(object), 'a.yaml', { namespace: 'flux-system' })
const receiver = (spec: object) => ({
  apiVersion: 'notification.toolkit.fluxcd.io/v1',
  kind: 'Receiver',
  metadata: { name: 'hook' },
  spec: { type: 'github', resources: [{ kind: 'ImageRepository', name: 'app' }], secretRef: { name: 'token' }, ...spec },
})
const provider = { issuerURL: 'https://token.example', validations: [{ expression: 'true', message: 'no' }] }

test.each<readonly [message: string, spec: object]>([
  ['generic-oidc receivers must define at least one oidcProvider', { type: 'generic-oidc', secretRef: undefined }],
  ['oidcProviders can only be set when type is generic-oidc', { oidcProviders: [provider] }],
  ['secretRef cannot be set when type is generic-oidc', { type: 'generic-oidc', oidcProviders: [provider] }],
  ['secretRef is required when type is not generic-oidc', { secretRef: undefined }],
  ['matchLabels field not set when using wildcard', { resources: [{ kind: 'ImageRepository', name: '*' }] }],
  ['expected each issuerURL once', { type: 'generic-oidc', secretRef: undefined, oidcProviders: [provider, provider] }],
  ['spec.resources is missing', { resources: undefined }],
])('a Receiver is refused: %s', (message, spec) => {
  expect(read(receiver(spec))).toMatchObject({ manifests: [], problems: [{ message: containing(message) }] })
})

test('a Namespace lies in itself, with its labels', () => {
  expect(read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels: { tenant: 'a' } } })).toMatchObject({
    problems: [],
    manifests: [{ kind: 'Namespace', namespace: 'team', name: 'team', labels: { tenant: 'a' } }],
  })
})

describe('a Secret', () => {
  const secret = (more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, ...more })
  test('is read apart from the objects, its data decoded, plain texts winning', () => {
    const { manifests, secrets } = read(secret({ type: 'Opaque', data: { a: 'w6k=', b: 'eA==' }, stringData: { b: 'plain' } }))
    expect([manifests, secrets]).toEqual([
      [],
      [
        {
          namespace: 'flux-system',
          name: 'token',
          from: 'a.yaml:1',
          holds: { is: 'values', type: 'Opaque', values: { a: 'é', b: 'plain' } },
        },
      ],
    ])
  })
  test.each([
    ['data that is no base64', { data: { a: '&' } }, 'data.a: expected base64'],
    ['data that is no text', { data: { a: '/w==' } }, 'data.a: expected base64'],
    ['a number', { stringData: { a: 5 } }, 'stringData.a: expected a text, got number'],
    ['a field that it does not have', { stringdata: {} }, 'an object has no field "stringdata" (did you mean "stringData"?)'],
  ])('with %s is refused, and no value is told', (_, more, message) => {
    expect(read(secret(more))).toMatchObject({ secrets: [], problems: [{ message: containing(message) }] })
  })
  test.each([
    ['SOPS', secret({ data: { a: 'ENC[AES256_GCM,data:x]' }, sops: {} }), 'token', 'sops -d FILE'],
    ['SealedSecret', { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: { name: 'token' } }, 'token', 'SealedSecret'],
    [
      'ExternalSecret',
      { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata: { name: 'x' }, spec: { target: { name: 'made' } } },
      'made',
      'Secrets Manager',
    ],
  ])('that is a %s is known by the name that it would have', (_, object, name, how) => {
    expect(read(object).secrets).toMatchObject([{ name, holds: { is: 'sealed', how: containing(how) } }])
  })
  test('has a role for each way in which it is used', () => {
    const holds = { is: 'values', type: 'Opaque', values: {} } as const
    const uses = [
      { kind: 'ImageRepository', namespace: 'a', spec: { secretRef: { name: 's' } } },
      { kind: 'GitRepository', namespace: 'a', spec: { secretRef: { name: 's' } } },
      { kind: 'Receiver', namespace: 'a', spec: { secretRef: { name: 's' } } },
      { kind: 'ImageRepository', namespace: 'b', spec: { secretRef: { name: 's' } } },
    ]
    const pull = { is: 'values', type: 'kubernetes.io/dockerconfigjson', values: {} } as const
    expect([
      rolesOf({ namespace: 'a', name: 's', holds }, uses),
      rolesOf({ namespace: 'a', name: 'other', holds }, uses),
      rolesOf({ namespace: 'c', name: 'pull', holds: pull }, uses),
    ]).toEqual([['git', 'receiver', 'registry'], [], ['registry']])
  })
})

describe('what stands around a spec', () => {
  const repository = (more: object) => ({
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImageRepository',
    metadata: { name: 'app' },
    spec: { image: 'a/b', interval: '5m' },
    ...more,
  })
  test.each([
    ['a misspelt part', { specs: {} }, 'an object has no field "specs" (did you mean "spec"?)'],
    [
      'a misspelt field of the metadata',
      { metadata: { name: 'app', label: {} } },
      'metadata has no field "label" (did you mean "labels"?)',
    ],
    ['a name that no object can have', { metadata: { name: 'App_1' } }, 'metadata.name: expected lower-case letters'],
    ['a namespace that cannot be', { metadata: { name: 'app', namespace: 'a#b' } }, 'metadata.namespace "a#b"'],
  ])('is refused: %s', (_, more, message) => {
    expect(read(repository(more))).toMatchObject({ manifests: [], problems: [{ message: containing(message) }] })
  })
  test('is what kubectl prints, and what is null was not given', () => {
    const metadata = {
      name: 'app',
      uid: 'x',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: null,
      managedFields: [],
      labels: null,
    }
    expect(
      read(repository({ metadata, status: { conditions: [] }, spec: { image: 'a/b', interval: '5m', accessFrom: null } })),
    ).toMatchObject({
      problems: [],
      manifests: [{ labels: {}, spec: { image: 'a/b', interval: '5m' } }],
    })
  })
})
