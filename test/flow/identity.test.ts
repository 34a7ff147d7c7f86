// Who we are at GitHub, and how we get there, as a GitRepository and its secrets say it.
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

describe('an App whose private key stays in KMS', () => {
  const kept = (world: Boxed, key: string) => {
    world.boxes.secrets.set(secret('flux-system'), JSON.stringify({ githubAppID: '7', githubAppKmsKeyId: key }))
  }
  const registered = (world: Boxed): string => {
    const { arn, publicKey } = world.boxes.kms.createKey('alias/tagboat')
    world.boxes.github.registerApp({ id: 7, slug: 'tagboat-kms', publicKey })
    world.boxes.github.install({ app: 7, owner: 'demo' })
    return arn
  }

  test.each(['its ARN', 'its alias'])('commits by %s, and signs once for each token', async (by) => {
    const world = await begun((early) => {
      const arn = registered(early)
      kept(early, by === 'its ARN' ? arn : 'alias/tagboat')
    })
    await world.pushed('app', '1.2.0')
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.0'))
    expect(world.gitRepo.tip()).toMatchObject({ author: 'tagboat-kms[bot]', verified: true })
    // One to find the installation, one for the token.
    expect(world.boxes.kms.signed()).toBe(2)
  })

  test('commits nothing while the key is disabled or missing, and says what is needed', async () => {
    const disabled = await begun((early) => {
      const arn = registered(early)
      kept(early, arn)
      early.boxes.kms.disable(arn)
    })
    const missing = await begun((early) => {
      kept(early, 'alias/elsewhere')
    })
    for (const world of [disabled, missing]) {
      expect(world.gitRepo.log()).toHaveLength(1)
      expect(await readyOf(world)).toContain('kms:Sign')
      expect(world.events.filter(({ event }) => event === 'look-failed').at(-1)?.fields).toMatchObject({
        code: 'git-kms-refused',
        retry: false,
      })
    }
  })
})

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
