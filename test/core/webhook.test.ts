import { describe, expect, test } from 'vitest'
import { hearWebhook, pushedRefs, type PushedRef } from '../../src/core/webhook.ts'

const pushed = (image: string, tag: string): PushedRef => ({ is: 'push', image, tag })
const deleted = (image: string, tag: string): PushedRef => ({ is: 'delete', image, tag })
const githubPackage = (more: object = {}) => ({
  name: 'app',
  namespace: 'Org',
  package_type: 'CONTAINER',
  package_version: { container_metadata: { tag: { name: '1.2.3' } }, package_url: 'ghcr.io/org/app:1.2.3' },
  ...more,
})

describe('a payload says which tag was pushed', () => {
  test.each<[what: string, type: string, body: unknown, refs: readonly PushedRef[]]>([
    ['Docker Hub', 'dockerhub', { push_data: { tag: '1' }, repository: { repo_name: 'org/app' } }, [pushed('docker.io/org/app', '1')]],
    [
      'Docker Hub, by its address alone',
      'dockerhub',
      { push_data: { tag: '1' }, repository: { repo_url: 'https://registry.hub.docker.com/u/org/app/' } },
      [pushed('docker.io/org/app', '1')],
    ],
    [
      'Quay, several at once',
      'quay',
      { docker_url: 'quay.io/org/app', updated_tags: ['1', 'latest'] },
      [pushed('quay.io/org/app', '1'), pushed('quay.io/org/app', 'latest')],
    ],
    [
      'ACR',
      'acr',
      { action: 'push', target: { repository: 'app', tag: '1' }, request: { host: 'my.azurecr.io' } },
      [pushed('my.azurecr.io/app', '1')],
    ],
    ['ACR without its host', 'acr', { action: 'push', target: { repository: 'org/app', tag: '1' } }, [pushed('/org/app', '1')]],
    [
      'ACR, a deletion',
      'acr',
      { action: 'delete', target: { repository: 'app', tag: '1' }, request: { host: 'my.azurecr.io' } },
      [deleted('my.azurecr.io/app', '1')],
    ],
    [
      'Harbor',
      'harbor',
      { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: '1', resource_url: 'harbor.example.com/org/app:1' }] } },
      [pushed('harbor.example.com/org/app', '1')],
    ],
    [
      'Harbor by CloudEvents',
      'harbor',
      { specversion: '1.0', type: 'harbor.artifact.deleted', data: { resources: [{ resource_url: 'harbor.example.com:8443/org/app:1' }] } },
      [deleted('harbor.example.com:8443/org/app', '1')],
    ],
    [
      'Google',
      'gcr',
      { action: 'INSERT', digest: 'gcr.io/p/app@sha256:ab', tag: 'europe-docker.pkg.dev/p/r/app:1.2' },
      [pushed('europe-docker.pkg.dev/p/r/app', '1.2')],
    ],
    ['Google, a deletion', 'gcr', { action: 'DELETE', tag: 'gcr.io/p/app:1' }, [deleted('gcr.io/p/app', '1')]],
    [
      'Nexus',
      'nexus',
      { action: 'CREATED', repositoryName: 'docker', component: { format: 'docker', name: 'org/app', version: '1' } },
      [pushed('/org/app', '1')],
    ],
    ['GitHub', 'github', { action: 'published', package: githubPackage() }, [pushed('ghcr.io/org/app', '1.2.3')]],
    ['GitHub, the older event', 'github', { action: 'published', registry_package: githubPackage() }, [pushed('ghcr.io/org/app', '1.2.3')]],
    [
      'GitHub without an address',
      'github',
      { action: 'published', package: githubPackage({ package_version: { container_metadata: { tag: { name: '1' } } } }) },
      [pushed('ghcr.io/org/app', '1')],
    ],
    [
      'the notification of a registry',
      'generic-hmac',
      { events: [{ action: 'push', target: { repository: 'org/app', tag: '1' }, request: { host: 'registry.example.com' } }] },
      [pushed('registry.example.com/org/app', '1')],
    ],
    [
      'CDEvents',
      'cdevents',
      {
        context: { type: 'dev.cdevents.artifact.published.0.2.0' },
        subject: { id: 'pkg:oci/app@sha256%3Aab?repository_url=ghcr.io%2Forg%2Fapp&tag=1.2.3' },
      },
      [pushed('ghcr.io/org/app', '1.2.3')],
    ],
    [
      'CDEvents, whose address is that of the folder',
      'cdevents',
      { context: { type: 'dev.cdevents.artifact.published.0.2.0' }, subject: { id: 'pkg:oci/app?repository_url=ghcr.io/org&tag=1' } },
      [pushed('ghcr.io/org/app', '1')],
    ],
  ])('%s', (_, type, body, refs) => expect(pushedRefs(type, body)).toEqual(refs))
})

describe('a payload that names no tag is only a reason to look', () => {
  test.each<[what: string, type: string, body: unknown]>([
    ['a push of code', 'github', { ref: 'refs/heads/main' }],
    ['a package without a tag', 'github', { action: 'published', package: githubPackage({ package_version: {} }) }],
    ['a package of another kind', 'github', { action: 'published', package: githubPackage({ package_type: 'npm' }) }],
    [
      'an image by digest',
      'harbor',
      { type: 'PUSH_ARTIFACT', event_data: { resources: [{ resource_url: 'h.example.com/a/b@sha256:ab' }] } },
    ],
    ['a scan', 'harbor', { type: 'SCANNING_COMPLETED', event_data: { resources: [{ resource_url: 'h.example.com/a/b:1' }] } }],
    ['a chart', 'acr', { action: 'chart_push', target: { repository: 'app', tag: '1' } }],
    ['a file of Nexus', 'nexus', { action: 'CREATED', component: { format: 'maven2', name: 'app', version: '1' } }],
    [
      'other events of delivery',
      'cdevents',
      { context: { type: 'dev.cdevents.change.merged.0.2.0' }, subject: { id: 'pkg:oci/app?tag=1' } },
    ],
    ['nothing at all', 'generic', undefined],
    ['no object', 'quay', null],
    ['an unknown type', 'constructor', {}],
  ])('%s', (_, type, body) => expect(pushedRefs(type, body)).toEqual([]))
})

test('what the bus carries is heard again, and nothing else is', () => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'Receiver', name: 'hub' }
  const detail = { id: '1', at: 5, receiver: id, resources: [{ ...id, kind: 'ImageRepository' }], refs: [pushed('docker.io/org/app', '1')] }
  expect(hearWebhook({ source: 'tagboat', 'detail-type': 'Webhook Received', detail })).toEqual(detail)
  expect(hearWebhook({ source: 'aws.ecr', 'detail-type': 'Webhook Received', detail })).toBeUndefined()
  expect(hearWebhook({ source: 'tagboat', 'detail-type': 'Webhook Received', detail: { ...detail, refs: 'all' } })).toBeUndefined()
})
