// Why a tag is chosen or is not: in a boxed world, with the commit that followed, and on a checkout that remembers nothing.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, registry, semver, type Boxed } from '../boxed.ts'
import { speaker } from './inside.ts'
import { temporary } from './worlds.ts'

let world: Boxed
let speak: ReturnType<typeof speaker>
const { folder, remove } = temporary()
const objects = manifests({
  policies: { app: semver('1.x'), dev: "policy: { numerical: {} }, filterTags: { pattern: '^dev-(?P<n>.+)$', extract: '$n' }" },
})
beforeAll(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  speak = speaker(world)
  for (const tag of ['1.0.0', '1.2.3', '2.0.0', 'latest', '1.2.3.sig']) await world.push('app', tag)
  for (const tag of ['dev-1', 'dev-2', 'main']) await world.push('dev', tag)
  await world.apply(objects)
  await world.rest()
  await world.pushed('app', '1.2.4')
  mkdirSync(join(folder, 'fleet'))
  writeFileSync(join(folder, 'fleet/all.yaml'), objects)
  writeFileSync(
    join(folder, 'tags.json'),
    JSON.stringify({ [`${registry}/app`]: ['1.0.0', '1.9.0', 'latest'], [`${registry}/dev`]: ['dev-1', 'dev-x'] }),
  )
})
afterAll(async () => {
  remove()
  await world.boxes.close()
})
const steady = (text: string): string =>
  text
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b[0-9a-f]{7}\b(?=  )/g, 'COMMIT')
    .replace(/"commit": "[0-9a-f]{40}"/g, '"commit": "COMMIT"')
const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', name)

describe('explain', () => {
  test.each([
    ['explain app:1.2.4', 'explain-chosen.txt'],
    ['explain app:1.2.3', 'explain-before.txt'],
    ['explain app:2.0.0', 'explain-outside.txt'],
    [`explain ${registry}/app:3.0.0`, 'explain-unknown.txt'],
    ['explain app:1.99.0', 'explain-not-there.txt'],
    ['explain policy app', 'explain-policy.txt'],
    ['explain policy dev --limit 1', 'explain-policy-limit.txt'],
    ['explain app:1.2.4 -o json', 'explain-json.txt'],
    ['explain app:1.9.0 --path fleet --tags tags.json', 'explain-checkout.txt'],
    ['explain policy dev --path fleet --tags tags.json', 'explain-checkout-policy.txt'],
  ])('%s', async (words, file) => {
    const { code, out, error } = await speak(words, { folder })
    expect([code, error]).toEqual([0, ''])
    await expect(steady(out)).toMatchFileSnapshot(golden(file))
  })
  test('asks no world about a checkout', async () => {
    const reach = () => Promise.reject(new Error('somebody was asked'))
    expect((await speak('explain policy app --path fleet --tags tags.json', { folder, reach })).code).toBe(0)
  })
  test.each([
    ['explain', 2, 'tagboat: expected IMAGE:TAG such as app:1.2.4, or policy NAME, got nothing'],
    ['explain app', 2, 'tagboat: expected IMAGE:TAG such as app:1.2.4, or policy NAME, got "app"'],
    ['explain policy', 2, 'tagboat: expected the name of a policy after "policy", got nothing'],
    ['explain app:1 web:2', 2, 'tagboat: expected IMAGE:TAG or policy NAME, got "app:1" and "web:2"'],
    ['explain policy app --limit 0', 2, 'tagboat: expected --limit to be a whole number above 0, got "0"'],
    ['explain policy ap', 1, 'tagboat explain: there is no policy "ap" in namespace "flux-system" (did you mean "app"?)'],
    [
      'explain ap:1.2.4',
      1,
      'tagboat explain: no policy looks at ap (did you mean "app"?): it needs an ImageRepository and an ImagePolicy (tagboat get images all -A)',
    ],
  ])('"%s" ends with %i', async (words, code, message) => {
    const said = await speak(words)
    expect([said.code, said.out, said.error.split('\n')[0]]).toEqual([code, '', message])
  })
})
