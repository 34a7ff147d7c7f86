// Secrets go where they are asked for, and nowhere else: not into a log, the table, a queue, an event, a condition or the dashboard, whatever
// goes wrong and whoever repeats them to us.
import { describe, expect, test } from 'vitest'
import type { Box } from '../../src/local/box.ts'
import { dashboard } from '../../src/web/dashboard.ts'
import { hookPath } from '../../src/web/receive/signature.ts'
import { boxed, deployment, manifests, registry, semver, type Boxed } from '../boxed.ts'

const marked = {
  registry: 'MARKED-password-of-a-registry',
  receiver: 'MARKED-token-of-a-receiver',
} as const
const repository = 'boxes.invalid/app'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const bearing = ['github', 'registry', 'ecr']

interface Watched {
  readonly world: Boxed
  /** What must stay unsaid: what was planted, and every credential that was ever sent. */
  readonly secrets: Set<string>
  /** All that was written down or sent to anybody but the owner of a secret. */
  readonly said: string[]
}

/** `worse`: what becomes of an answer of GitHub or of a registry, which knows what it was sent. */
async function watched(worse: (service: string, sent: string) => Response | undefined): Promise<Watched> {
  const secrets = new Set<string>(Object.values(marked).flatMap((secret) => [secret, base64(secret), base64(`robot:${secret}`)]))
  const said: string[] = []
  const around =
    (service: string, box: Box): Box =>
    async (request) => {
      const sent = request.headers.get('authorization') ?? ''
      const credential = sent.replace(/^\S+ /, '')
      if (bearing.includes(service) && credential.length > 20) secrets.add(credential)
      if (['dynamodb', 'sqs', 'eventbridge', 'sns'].includes(service)) said.push(await request.clone().text())
      return (bearing.includes(service) ? worse(service, sent) : undefined) ?? box(request)
    }
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0').replaceAll(`${registry}/app`, repository) }, around })
  for (const line of world.credential.split('\\n').filter((each) => each.length > 40)) secrets.add(line)
  const set = (name: string, values: object) => world.boxes.secrets.set(`tagboat/${name}`, JSON.stringify(values))
  set('registry/default/flux-system/pull', {
    '.dockerconfigjson': JSON.stringify({ auths: { 'boxes.invalid': { username: 'robot', password: marked.registry } } }),
  })
  set('receiver/default/flux-system/hook-token', { token: marked.receiver })
  await world.push('app', '1.0.0')
  return { world, secrets, said }
}

const yaml = `${manifests({ policies: { app: semver('1.x') } }).replace(
  `image: '${registry}/app', interval: 5m, provider: aws`,
  `image: ${repository}, interval: 5m, insecure: true, secretRef: { name: pull }`,
)}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: { name: hook, namespace: flux-system }
spec: { type: harbor, secretRef: { name: hook-token }, resources: [{ kind: ImageRepository, name: app }] }
`

async function livedThrough({ world, said }: Watched): Promise<void> {
  await world.apply(yaml)
  await world.rest()
  const path = await hookPath(marked.receiver, { name: 'hook', namespace: 'flux-system' })
  for (const [tag, authorization] of [
    ['1.1.0', marked.receiver],
    ['1.2.0', `${marked.receiver}x`],
  ] as const) {
    await world.push('app', tag)
    const body = JSON.stringify({ type: 'PUSH_ARTIFACT', event_data: { resources: [{ resource_url: `${repository}:${tag}` }] } })
    await world.knock(new Request(`https://hooks.example.com${path}`, { method: 'POST', body, headers: { authorization } }))
    await world.rest()
    await world.minutes(7)
  }
  said.push(...world.events.map((event) => JSON.stringify(event)))
  const page = dashboard({ world: world.world, scope: 'default', html: '' })
  said.push((await (await page(new Request('http://dashboard.invalid/api/state')))?.text()) ?? '')
}

function leaks({ secrets, said }: Watched): readonly string[] {
  return [...secrets].filter((secret) => said.some((text) => text.includes(secret) || text.includes(secret.replaceAll('/', '\\/'))))
}
const echo = (status: number, sent: string, more: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify({ message: `bad credentials: ${sent}`, errors: [{ code: 'DENIED', message: sent, detail: sent }] }), {
    status,
    headers: { 'content-type': 'application/json', ...more },
  })

describe('no secret is in anything that is said or written', () => {
  test('when all goes well', async () => {
    const here = await watched(() => undefined)
    await livedThrough(here)
    expect(here.world.gitRepo.read('apps/app.yaml')).toContain(':1.2.0')
    expect(here.said.length).toBeGreaterThan(50)
    expect(here.secrets.size).toBeGreaterThan(10)
    expect(leaks(here)).toEqual([])
  })

  test.each([401, 403, 422, 500])('when those who know them repeat them in a %i', async (status) => {
    const here = await watched((_, sent) => (sent === '' ? undefined : echo(status, sent, { 'www-authenticate': `Basic realm="${sent}"` })))
    await livedThrough(here)
    expect(here.world.gitRepo.read('apps/app.yaml')).toContain(':1.0.0')
    expect(leaks(here)).toEqual([])
  })

  test('and the check would notice one', async () => {
    const here = await watched(() => undefined)
    await livedThrough(here)
    here.world.world.log('careless', { header: `Basic ${base64(`robot:${marked.registry}`)}` })
    here.said.push(JSON.stringify(here.world.events.at(-1)))
    expect(leaks(here)).not.toEqual([])
  })
})
