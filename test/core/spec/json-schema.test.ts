import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { anyKind, jsonSchema } from '../../../src/core/spec/json-schema.ts'
import { isKind, kinds, readManifests } from '../../../src/core/spec.ts'

const image = 'image.toolkit.fluxcd.io/v1'
const object = (apiVersion: string, kind: string, spec: unknown, more: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name: 'app' },
  spec,
  ...more,
})
const repository = (spec: object) => object(image, 'ImageRepository', { image: 'a/b', interval: '5m', ...spec })
const policy = (spec: object) =>
  object(image, 'ImagePolicy', { imageRepositoryRef: { name: 'app' }, policy: { alphabetical: {} }, ...spec })
const automation = (spec: object) => object(image, 'ImageUpdateAutomation', { interval: '5m', sourceRef: { name: 'fleet' }, ...spec })

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false })
const any = ajv.compile(anyKind())
/** Whether the reader finds the form wrong; what a form cannot say has a code. */
const isWellFormed = (value: unknown) =>
  readManifests(JSON.stringify(value), 'a', { namespace: 'x' }).problems.every(
    ({ code }) => code === 'meaningless' || code === 'not-supported',
  )

describe('the JSON Schema of a kind', () => {
  test.each(Object.keys(kinds).filter(isKind))('%s is a schema', (kind) => {
    expect(new Ajv2020({ strict: true, strictTypes: false }).compile(jsonSchema(kind))).toBeTypeOf('function')
  })

  test.each<readonly [what: string, value: unknown, accepted: boolean]>([
    ['a plain object', repository({}), true],
    ['an older version', { ...repository({}), apiVersion: 'image.toolkit.fluxcd.io/v1beta2' }, true],
    ['an unknown version', { ...repository({}), apiVersion: 'image.toolkit.fluxcd.io/v1alpha1' }, false],
    ['a misspelt field', repository({ intervall: '5m' }), false],
    ['a duration that is none', repository({ interval: '5 days' }), false],
    ['hours, where there may be none', repository({ timeout: '1h' }), false],
    ['too long a list', repository({ exclusionList: Array.from({ length: 26 }, () => 'x') }), false],
    ['another word', policy({ policy: { numerical: { order: 'up' } } }), false],
    ['labels that are no texts', repository({ accessFrom: { namespaceSelectors: [{ matchLabels: { a: 1 } }] } }), false],
    ['what is missing', object(image, 'ImageRepository', { image: 'a/b' }), false],
    ['a misspelt part', { ...repository({}), specs: {} }, false],
    ['a whole automation', automation({ git: { commit: { author: { email: 'a@b' } } }, update: { path: './x' } }), true],
    ['half a commit', automation({ git: { commit: {} } }), false],
    ['a Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels: { a: 'b' } } }, true],
    ['a name that cannot be', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'Team' } }, false],
    ['our own kind', object('tagboat.dev/v1', 'PromotionRule', { automations: {}, delivery: { commitAs: 'author' } }), true],
    ['somebody else’s kind', { apiVersion: 'apps/v1', kind: 'Deployment', anything: 1 }, true],
    ['somebody else’s kind of the same name', { apiVersion: 'example.dev/v1', kind: 'Receiver' }, true],
  ])('and the reader agree about %s', (_, value, accepted) => {
    expect({ schema: any(value), reader: isWellFormed(value) }).toEqual({ schema: accepted, reader: accepted })
  })

  test('says what is filled in where something is left out', () => {
    expect(jsonSchema('ImagePolicy')).toMatchObject({
      properties: {
        spec: {
          properties: {
            digestReflectionPolicy: { default: 'Never' },
            policy: { properties: { numerical: { properties: { order: { default: 'asc' } } } } },
          },
        },
      },
    })
  })
})
