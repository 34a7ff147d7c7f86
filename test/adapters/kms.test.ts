// An App whose private key nobody can read: AWS's own client asks KMS for the signature, and GitHub believes it.
import { describe, expect, test } from 'vitest'
import { gitCredential } from '../../src/adapters/github.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { kmsSigner } from '../../src/adapters/kms.ts'
import { kmsBox } from '../../src/local/kms.ts'
import { githubWorld, type GithubWorld } from './github/world.ts'

const config = {
  endpoint: 'http://boxes.invalid',
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}
interface Scene {
  readonly world: GithubWorld
  readonly kms: ReturnType<typeof kmsBox>
  readonly arn: string
  readonly look: (key: string) => Promise<unknown>
}
function scene(): Scene {
  const world = githubWorld()
  const kms = kmsBox()
  const { arn, publicKey } = kms.createKey('alias/tagboat')
  world.box.registerApp({ id: 7, slug: 'tagboat', publicKey })
  world.box.install({ app: 7, owner: world.place.owner })
  const look = async (key: string) => {
    const signer = kmsSigner({ key, config: { ...config, requestHandler: sdkHandler(kms.box) } })
    const git = world.fresh({ credentials: async () => gitCredential({ githubAppID: '7' }, signer) })
    await git.look(world.place, world.branch, { trees: [], files: [] })
    return git.look(world.place, world.branch, { trees: [], files: [] }).then(({ found }) => found)
  }
  return { world, kms, arn, look }
}
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => [(error as { readonly code: unknown }).code, (error as { readonly retry: unknown }).retry],
  )

describe('a key in KMS', () => {
  test.each(['its ARN', 'its id', 'its alias'])('signs as the App by %s: once to find the installation, once for its token', async (by) => {
    const { kms, arn, look } = scene()
    expect(await look(by === 'its ARN' ? arn : by === 'its id' ? (arn.split('/').at(-1) ?? '') : 'alias/tagboat')).toBe(true)
    expect(kms.signed()).toBe(2)
  })

  test('that is disabled or missing, or belongs to another App, opens nothing', async () => {
    const { kms, arn, look } = scene()
    const other = kms.createKey()
    expect(await code(look(other.arn))).toEqual(['git-unauthenticated', false])
    kms.disable(arn)
    expect(await code(look(arn))).toEqual(['git-key-refused', false])
    expect(await code(look('alias/elsewhere'))).toEqual(['git-key-refused', false])
  })
})
