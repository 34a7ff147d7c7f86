// What a push costs at the table and at the registry, counted at the boxes, whether the image has ten tags or a hundred thousand.
import { describe, expect, test } from 'vitest'
import type { Box } from '../../src/local/box.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const ours = /^(dynamodb|ecr|sqs)$/

/** As ECR lists a repository that holds so many: a thousand to a page. Making them one by one would take the box minutes. */
function listed(tags: number, asked: unknown): Response {
  const from = Number((asked as { readonly nextToken?: string }).nextToken ?? 0)
  const upTo = Math.min(tags, from + 1_000)
  const imageIds = Array.from({ length: upTo - from }, (_, nth) => ({
    imageDigest: 'sha256:0',
    imageTag: nth + from === 0 ? '1.0.0' : `0.${nth + from}.0`,
  }))
  return Response.json(
    { imageIds, ...(upTo < tags && { nextToken: String(upTo) }) },
    { headers: { 'content-type': 'application/x-amz-json-1.1' } },
  )
}

/** With `policies` policies that look at one image, and as many branches as `targets`. */
async function begun(
  tags: number,
  { policies = 1, targets = 1 } = {},
): Promise<{ readonly world: Boxed; readonly asked: () => readonly string[] }> {
  let seen: string[] = []
  let evaluating = false
  const around =
    (service: string, box: Box): Box =>
    async (request) => {
      const operation = request.headers.get('x-amz-target')?.split('.').at(-1) ?? ''
      if (evaluating && ours.test(service)) seen.push(`${service} ${operation}`)
      return operation === 'ListImages' ? listed(tags, await request.json()) : box(request)
    }
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0', 'app-0') }, around })
  await world.push('app', '1.0.0')
  const [first = '', ...others] = Array.from({ length: targets }, (_, nth) =>
    manifests({ name: `fleet-${nth}`, branch: nth === 0 ? 'main' : `branch-${nth}`, policies: {} }),
  )
  const rules = Array.from(
    { length: policies },
    (_, nth) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app-${nth}, namespace: flux-system }
spec: { imageRepositoryRef: { name: app }, ${semver('>=1.0.0')} }`,
  )
  const source = manifests({ policies: { app: semver('>=1.0.0') } })
    .split('\n---\n')
    .filter((each) => each.includes('kind: ImageRepository'))
  const said = await world.apply([first, ...others.map((each) => each.split('\n---\n')[1] ?? ''), ...source, ...rules].join('\n---\n'))
  if (!said.ok) throw new Error(said.problems.map(({ message }) => message).join('\n'))
  await world.rest()
  return {
    world: {
      ...world,
      // Evaluate alone: what it asks of others is done later.
      push: async (name, tag) => {
        world.boxes.bus.removeRule('pushes')
        await world.push(name, tag)
        const { onEvent } = await import('../../src/flow/handlers.ts')
        const [registryId, region] = ['123456789012', 'eu-west-1']
        const detail = { result: 'SUCCESS', 'repository-name': name, 'action-type': 'PUSH', 'image-tag': tag, 'image-digest': 'sha256:0' }
        evaluating = true
        await onEvent(
          {
            version: '0',
            id: tag,
            'detail-type': 'ECR Image Action',
            source: 'aws.ecr',
            account: registryId,
            region,
            time: '2026-01-01T00:00:00Z',
            resources: [],
            detail,
          },
          world.world,
        )
        evaluating = false
      },
    },
    asked: () => {
      const all = [...seen].sort()
      seen = []
      return all
    },
  }
}

describe.each([10, 100_000])('with %i tags', (tags) => {
  test('a tag that loses costs two Queries and nothing else', { timeout: 60_000 }, async () => {
    const { world, asked } = await begun(tags)
    await world.push('app', '0.9.0')
    expect(asked()).toEqual(['dynamodb Query', 'dynamodb Query'])
    // The next one as little, and one that no policy could ever choose.
    await world.push('app', 'latest')
    expect(asked()).toEqual(['dynamodb Query', 'dynamodb Query'])
  })

  test(
    'a tag that wins costs one read of the registry, two writes for its policy and one for the target besides',
    { timeout: 60_000 },
    async () => {
      const { world, asked } = await begun(tags)
      await world.push('app', '1.2.4')
      expect(asked()).toEqual([
        'dynamodb PutItem',
        'dynamodb Query',
        'dynamodb Query',
        'dynamodb UpdateItem',
        'dynamodb UpdateItem',
        'ecr DescribeImages',
        'sqs SendMessage',
      ])
    },
  )
})

test('each further policy costs a read of the registry and two writes, each further target one write and a message', async () => {
  const { world, asked } = await begun(10, { policies: 3, targets: 2 })
  await world.push('app', '1.2.4')
  const counts = new Map<string, number>()
  for (const each of asked()) counts.set(each, (counts.get(each) ?? 0) + 1)
  expect(Object.fromEntries(counts)).toEqual({
    'dynamodb PutItem': 3,
    'dynamodb Query': 2,
    // Delivered, for each policy; asked for, for each target.
    'dynamodb UpdateItem': 3 + 2,
    'ecr DescribeImages': 3,
    'sqs SendMessage': 2,
  })
})
