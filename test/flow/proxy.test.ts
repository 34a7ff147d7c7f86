// The proxy that a GitRepository names.
import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const yaml = manifests({ policies: { app: semver('>=1.0.0') } })
const secret = (name: string): string => `tagboat/git/default/flux-system/${name}`
async function begun(prepare: (world: Boxed) => void, text = yaml): Promise<Boxed> {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  prepare(world)
  await world.push('app', '1.1.0')
  expect(await world.apply(text)).toMatchObject({ ok: true })
  await world.rest()
  return world
}
const readyOf = async ({ world }: Boxed): Promise<string | undefined> => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }
  return (await world.store.object(id))?.conditions.find(({ type }) => type === 'Ready')?.message
}

describe('a proxy', () => {
  const behind = yaml.replace('secretRef: { name: flux-system } }', 'secretRef: { name: flux-system }, proxySecretRef: { name: proxy } }')
  test.each([
    [undefined, `there is no secret ${secret('proxy')}`],
    ['{"username":"x"}', 'expected address to be a URL'],
    ['{"address":"socks5://10.0.0.1:1080"}', 'SOCKS is not understood'],
    ['{"address":"http://127.0.0.1:9"}', 'the proxy 127.0.0.1:9'],
  ])('%s is needed, and the condition says so', async (value, message) => {
    const world = await begun((early) => {
      if (value !== undefined) early.boxes.secrets.set(secret('proxy'), value)
    }, behind)
    expect([world.gitRepo.log().length, await readyOf(world)]).toEqual([1, expect.stringContaining(message)])
  })
})
