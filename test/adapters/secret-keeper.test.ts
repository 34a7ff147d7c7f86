import { expect, test } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { secretKeeper } from '../../src/adapters/secrets/keeper.ts'
import { secretsBox } from '../../src/local/secrets.ts'
import { virtualTime } from '../../src/local/time.ts'

const id = { role: 'git', scope: 'default', namespace: 'flux-system', name: 'github' } as const
function boxed(answer?: (request: Request) => Response | undefined) {
  const secrets = secretsBox({ clock: virtualTime() })
  const keeper = secretKeeper({
    config: {
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      requestHandler: sdkHandler(async (request) => answer?.(request) ?? secrets.box(request)),
    },
  })
  return { keeper, secrets }
}

test('what is put is read again: new, changed, and after a deletion', async () => {
  const { keeper } = boxed()
  expect(await keeper.read(id)).toEqual({ found: false, why: 'no-such-secret' })
  for (const password of ['one', 'two']) {
    await keeper.put(id, { username: 'git', password })
    expect(await keeper.read(id)).toEqual({ found: true, values: { username: 'git', password } })
  }
  expect([await keeper.remove(id), await keeper.read(id)]).toEqual([true, { found: false, why: 'deleted' }])
  await keeper.put(id, { password: 'three' })
  expect(await keeper.read(id)).toEqual({ found: true, values: { password: 'three' } })
})

test('removing what is not there, or is gone already, is no failure', async () => {
  const { keeper } = boxed()
  expect(await keeper.remove(id)).toBe(false)
  await keeper.put(id, {})
  expect([await keeper.remove(id), await keeper.remove(id)]).toEqual([true, false])
})

test('one that somebody else makes at the same moment gets our value as its next version', async () => {
  const { keeper, secrets } = boxed((request) => {
    if (request.headers.get('x-amz-target') === 'secretsmanager.CreateSecret') secrets.set('tagboat/git/default/flux-system/github', '{}')
    return undefined
  })
  await keeper.put(id, { password: 'ours' })
  expect(await keeper.read(id)).toEqual({ found: true, values: { password: 'ours' } })
})

test('a name that reaches into another secret, and a value that is too large, are refused without telling the value', async () => {
  const { keeper } = boxed()
  expect(await keeper.read({ ...id, name: '../x' })).toEqual({ found: false, why: 'no-such-secret' })
  await expect(keeper.put({ ...id, name: 'a/b' }, { a: 'hunter2' })).rejects.toMatchObject({ code: 'secret-name' })
  const large = await keeper.put(id, { a: 'hunter2'.repeat(10_000) }).catch((error: unknown) => error)
  expect([(large as { code: string }).code, String(large).includes('hunter2')]).toEqual(['secret-too-large', false])
})

test('a refusal says what was refused', async () => {
  const { keeper } = boxed(() => Response.json({ __type: 'AccessDeniedException', message: 'no' }, { status: 400 }))
  await expect(keeper.put(id, { a: 'x' })).rejects.toMatchObject({ name: 'Failure', code: 'secrets-refused', retry: false })
})
