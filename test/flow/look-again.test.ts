import { expect, test } from 'vitest'
import { boxed, deployment, manifests, semver } from '../boxed.ts'

test('a finished scan or a signature makes the image’s watchers look again, once for each ImageRepository', async () => {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  await world.push('app', '1.0.0')
  await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
  await world.rest()
  const scans = () => world.events.filter(({ event, fields }) => event === 'scan' && fields['why'] === 'image-changed').length
  world.boxes.registry.scan('app', '1.0.0', { HIGH: 1 })
  await world.rest()
  expect(scans()).toBe(1)
  world.boxes.registry.scan('app', '1.0.0', { HIGH: 1 }, 'enhanced')
  await world.boxes.registry.attach('app', '1.0.0', 'text/sbom+json')
  await world.rest()
  expect(scans()).toBe(3)
  expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.0.0'))
})

test('what concerns an image that nobody watches asks for nothing', async () => {
  const world = await boxed({})
  await world.push('app', '1.0.0')
  world.boxes.registry.scan('app', '1.0.0', { HIGH: 1 })
  await world.rest()
  expect(world.events.filter(({ event }) => event === 'change').map(({ fields }) => fields['asked'])).toEqual([[]])
})
