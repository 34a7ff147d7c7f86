import { expect, test } from 'vitest'
import { resource } from '../../src/core/resource.ts'
import { scan } from '../../src/flow/scan.ts'
import { boxed, deployment, manifests, registry, semver, type Boxed } from '../boxed.ts'

const at = (kind: string, name: string, namespace = 'flux-system') => ({ scope: 'default', namespace, kind, name })
async function shown(world: Boxed, kind: string, name: string, namespace = 'flux-system') {
  const id = at(kind, name, namespace)
  const object = await world.world.store.object(id)
  if (!object) throw new Error(`${kind} ${name} is not there`)
  const { status = {}, metadata } = resource(object, kind === 'ImagePolicy' ? await world.world.store.selection(id) : undefined)
  const conditions = (status['conditions'] ?? []) as readonly { type: string; status: string; reason: string; message: string }[]
  return {
    status,
    generation: metadata['generation'],
    said: conditions.map((each) => `${each.type} ${each.status} ${each.reason}: ${each.message}`),
  }
}
const files = { 'apps/app.yaml': deployment('app', '1.0.0') }
const app = { policies: { app: semver('>=1.0.0') } }

test('each kind tells what it saw in the fields and texts of Flux', async () => {
  const world = await boxed({ files })
  await world.push('app', '1.0.0')
  await world.apply(manifests(app))
  await world.rest()
  await world.pushed('app', '1.1.0')
  const head = world.gitRepo.head()
  expect(await shown(world, 'ImageUpdateAutomation', 'fleet')).toMatchObject({
    said: ['Ready True Succeeded: repository up-to-date'],
    status: {
      lastPushCommit: head,
      observedSourceRevision: `main@sha1:${head}`,
      observedPolicies: { app: { name: `${registry}/app`, tag: '1.1.0' } },
    },
  })
  const policy = await shown(world, 'ImagePolicy', 'app')
  expect(policy).toMatchObject({
    said: [`Ready True Succeeded: Latest image tag for ${registry}/app resolved to 1.1.0 (previously ${registry}/app:1.0.0)`],
    status: {
      latestRef: { name: `${registry}/app`, tag: '1.1.0' },
      latestImage: `${registry}/app:1.1.0`,
      observedPreviousRef: { name: `${registry}/app`, tag: '1.0.0' },
      observedGeneration: policy.generation,
    },
  })
  await world.minutes(6)
  expect(await shown(world, 'ImageRepository', 'app')).toMatchObject({
    said: [expect.stringMatching(/^Ready True Succeeded: successful scan: found 2 tags with checksum \d+$/)],
    status: {
      canonicalImageName: `${registry}/app`,
      observedExclusionList: ['^.*\\.sig$'],
      lastScanResult: { tagCount: 2, latestTags: ['1.1.0', '1.0.0'] },
    },
  })
  expect(await shown(world, 'GitRepository', 'flux-system')).toMatchObject({
    said: ['Ready True Succeeded: https://github.com/demo/fleet is read when it is needed'],
  })
})

test('an annotation asks for a look, and the status says when it has been had', async () => {
  const world = await boxed({ files })
  await world.push('app', '1.0.0')
  await world.apply(manifests(app))
  await world.rest()
  const handled = async () => [
    (await shown(world, 'ImageRepository', 'app')).status['lastHandledReconcileAt'],
    (await shown(world, 'ImageUpdateAutomation', 'fleet')).status['lastHandledReconcileAt'],
  ]
  expect(await handled()).toEqual([undefined, undefined])
  // Any other text will do: it need not be a later time.
  const annotate = (value: string) =>
    world.apply(
      manifests(app).replaceAll(
        /name: (app|fleet), namespace: flux-system \}/g,
        `name: $1, namespace: flux-system, annotations: { reconcile.fluxcd.io/requestedAt: '${value}' } }`,
      ),
    )
  const scans = () => world.events.filter(({ event }) => event === 'scan').length
  const before = scans()
  await annotate('b')
  await world.rest()
  expect([await handled(), scans() > before]).toEqual([['b', 'b'], true])
  await annotate('a')
  await world.rest()
  expect(await handled()).toEqual(['a', 'a'])
})

test('an ImageRepository that is suspended is not scanned, and its policy goes on feeding the automation', async () => {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '0.9.0') } })
  await world.push('app', '1.0.0')
  await world.apply(manifests({ ...app, path: './elsewhere' }))
  await world.rest()
  const suspended = (path: string) => manifests({ ...app, path }).replace('interval: 5m, provider', 'interval: 5m, suspend: true, provider')
  await world.apply(suspended('./elsewhere'))
  await world.pushed('app', '1.1.0')
  await world.minutes(12)
  await world.apply(suspended('./apps'))
  await world.rest()
  expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.0.0'))
  await world.apply(manifests(app))
  await world.rest()
  expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.1.0'))
})

test('an automation that is suspended keeps the status that it had', async () => {
  const world = await boxed({ files })
  await world.push('app', '1.0.0')
  await world.apply(manifests(app))
  await world.rest()
  const before = await shown(world, 'ImageUpdateAutomation', 'fleet')
  await world.apply(manifests(app).replace('interval: 30m', 'interval: 30m\n  suspend: true'))
  await world.pushed('app', '1.1.0')
  await world.minutes(31)
  const after = await shown(world, 'ImageUpdateAutomation', 'fleet')
  expect([after.said, after.status['lastAutomationRunTime']]).toEqual([before.said, before.status['lastAutomationRunTime']])
})

const shared = (accessFrom: string) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app, namespace: images }
spec: { image: '${registry}/app', interval: 5m${accessFrom} }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app, namespace: team }
spec: { imageRepositoryRef: { name: app, namespace: images }, ${semver('>=1.0.0')} }
`
const namespace = (labels: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: team, labels: ${labels} }\n`
const denied = (why: string) => [
  'Reconciling True ProgressingWithRetry: reconciliation in progress',
  `Ready False AccessDenied: failed to get the referred ImageRepository: access denied: 'images/app' can't be accessed due to ${why}`,
]
test.each<readonly [what: string, accessFrom: string, labels: string, said: readonly string[]]>([
  ['without accessFrom is denied', '', '{}', denied("missing ACL labels on 'accessFrom'")],
  [
    'with labels that the namespace lacks is denied',
    ', accessFrom: { namespaceSelectors: [{ matchLabels: { tenant: a } }] }',
    '{ tenant: b }',
    denied("ACL labels mismatch on namespace 'team'"),
  ],
  ['with its labels is let in', ', accessFrom: { namespaceSelectors: [{ matchLabels: { tenant: a } }] }', '{ tenant: a }', []],
  ['by any of several selectors is let in', ', accessFrom: { namespaceSelectors: [{ matchLabels: { x: y } }, {}] }', '{}', []],
  [
    'by the name that every namespace carries is let in',
    ', accessFrom: { namespaceSelectors: [{ matchLabels: { kubernetes.io/metadata.name: team } }] }',
    '{}',
    [],
  ],
])('a policy of another namespace %s', async (_, accessFrom, labels, said) => {
  const world = await boxed({})
  await world.push('app', '1.0.0')
  await world.apply(`${namespace(labels)}---\n${shared(accessFrom)}`)
  await world.rest()
  const chosen = `Ready True Succeeded: Latest image tag for ${registry}/app resolved to 1.0.0`
  expect((await shown(world, 'ImagePolicy', 'app', 'team')).said).toEqual(said.length > 0 ? said : [chosen])
})

test('labels that come later let a policy in, and out again, with what it chose', async () => {
  const world = await boxed({})
  await world.push('app', '1.0.0')
  await world.apply(shared(', accessFrom: { namespaceSelectors: [{ matchLabels: { tenant: a } }] }'))
  const ready = async () => (await shown(world, 'ImagePolicy', 'app', 'team')).said.at(-1)?.split(':')[0]
  const labelled = async (labels: string) => {
    await world.apply(namespace(labels))
    await world.rest()
    return ready()
  }
  expect([await ready(), await labelled('{ tenant: a }'), await labelled('{ tenant: b }')]).toEqual([
    'Ready False AccessDenied',
    'Ready True Succeeded',
    'Ready False AccessDenied',
  ])
  await world.pushed('app', '1.1.0')
  expect((await shown(world, 'ImagePolicy', 'app', 'team')).status['latestRef']).toEqual({ name: `${registry}/app`, tag: '1.0.0' })
})

test('a listing that takes longer than its timeout is given up, said, and tried again', async () => {
  const world = await boxed({})
  await world.push('app', '1.0.0')
  await world.apply(manifests(app).replace('interval: 5m, provider', 'interval: 5m, timeout: 30s, provider'))
  await world.rest()
  async function* list() {
    yield ['1.0.0']
    await world.time.advance(40_000)
    yield ['1.1.0']
  }
  const imageRepository = at('ImageRepository', 'app')
  await scan({ imageRepository, why: 'test' }, { ...world.world, registry: { ...world.world.registry, list } })
  expect((await shown(world, 'ImageRepository', 'app')).said.at(-1)).toBe(
    `Ready False ReadOperationFailed: scan failed: ${registry}/app: the list of tags was not complete after spec.timeout 30s`,
  )
  await world.minutes(2)
  expect((await shown(world, 'ImageRepository', 'app')).said).toEqual([expect.stringContaining('successful scan: found 1 tags')])
})
