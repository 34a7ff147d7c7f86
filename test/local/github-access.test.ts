// Who may do what, how often, and who is told.
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DOCUMENTED_LIMITS, githubBox } from '../../src/local/github.ts'
import { COMMIT, PUBLIC_KEY, START, appJwt, at, clientOf, commitInput, makeWorld, settableClock, text } from './github-client.ts'

const REPO = '/repos/acme/fleet'
const now = START / 1000
const claims = { iss: 7, iat: now - 30, exp: now + 540, jti: 'one' }

describe('an App', () => {
  test('finds its installation and mints a token that lives an hour', async () => {
    const { box, clock } = await makeWorld()
    const app = clientOf(box, appJwt(claims))
    const installation = await app.rest('GET', `${REPO}/installation`)
    expect(installation.body).toMatchObject({ id: 42, app_id: 7, account: { login: 'acme' }, repository_selection: 'all' })
    expect((await app.rest('GET', '/app/installations')).body).toMatchObject([{ id: 42 }])
    const minted = await app.rest('POST', '/app/installations/42/access_tokens', {
      repositories: ['fleet'],
      permissions: { contents: 'read' },
    })
    expect(minted.body).toMatchObject({
      expires_at: '2026-03-01T11:00:00Z',
      permissions: { contents: 'read', metadata: 'read' },
      repository_selection: 'selected',
      repositories: [{ full_name: 'acme/fleet' }],
    })
    const client = clientOf(box, text(minted.body, 'token'))
    expect((await client.rest('GET', `${REPO}/git/ref/heads/main`)).status).toBe(200)
    clock.pass(3_600_000)
    const late = await client.rest('GET', `${REPO}/git/ref/heads/main`)
    expect([late.status, at(late.body, 'message')]).toEqual([401, 'Bad credentials'])
  })

  test.each([
    ['is over', { exp: now }, /'exp'/],
    ['lives longer than ten minutes', { exp: now + 700 }, /too far in the future/],
    ['comes from the future', { iat: now + 120 }, /'iat'/],
    ['names an App that is not there', { iss: 8 }, /Integration not found/],
  ])('is refused when its JWT %s', async (_, wrong, message) => {
    const { box } = await makeWorld()
    const answer = await clientOf(box, appJwt({ ...claims, ...wrong })).rest('GET', '/app/installations')
    expect(answer.status).toBe(401)
    expect(text(answer.body, 'message')).toMatch(message)
  })

  test('is refused when somebody else signed its JWT', async () => {
    const { box } = await makeWorld()
    const [head = '', , signature = ''] = appJwt(claims).split('.')
    const forged = `${head}.${Buffer.from(JSON.stringify({ ...claims, jti: 'two' })).toString('base64url')}.${signature}`
    expect((await clientOf(box, forged).rest('GET', '/app')).status).toBe(401)
  })

  test('may not mint twice within a second with the same bytes: that is what jti is for', async () => {
    const { box, clock } = await makeWorld()
    const mint = (jwt: string) => clientOf(box, jwt).rest('POST', '/app/installations/42/access_tokens', {})
    const [same, other] = [appJwt(claims), appJwt({ ...claims, jti: 'two' })]
    expect((await mint(same)).status).toBe(201)
    expect((await mint(same)).status).toBe(401)
    expect((await mint(other)).status).toBe(201)
    clock.pass(1000)
    expect((await mint(same)).status).toBe(201)
  })

  test('gets no more than its installation has', async () => {
    const clock = settableClock()
    const box = githubBox({ clock, backing: 'memory' })
    box.createRepository({ owner: 'acme', name: 'fleet', files: { a: 'a' }, private: true })
    box.createRepository({ owner: 'acme', name: 'other', files: { a: 'a' }, private: true })
    box.registerApp({ id: 7, publicKey: PUBLIC_KEY })
    box.install({ app: 7, owner: 'acme', id: 1, gitRepos: ['fleet'], permissions: { contents: 'read' } })
    const app = clientOf(box, appJwt(claims))
    const mint = (wish: unknown) =>
      clientOf(box, appJwt({ ...claims, jti: JSON.stringify(wish) })).rest('POST', '/app/installations/1/access_tokens', wish)
    expect((await mint({ repositories: ['other'] })).status).toBe(422)
    expect((await mint({ permissions: { contents: 'write' } })).status).toBe(422)
    expect((await mint({ permissions: { pull_requests: 'read' } })).status).toBe(422)
    expect((await app.rest('GET', '/repos/acme/other/installation')).status).toBe(404)
    const client = clientOf(box, text((await mint({})).body, 'token'))
    expect((await client.rest('GET', '/repos/acme/other')).status).toBe(404)
    expect((await client.rest('GET', '/installation/repositories')).body).toMatchObject({
      total_count: 1,
      repositories: [{ name: 'fleet' }],
    })
    const forbidden = await client.rest('POST', `${REPO}/git/blobs`, { content: 'a' })
    expect([forbidden.status, at(forbidden.body, 'message')]).toEqual([403, 'Resource not accessible by integration'])
    const graphql = await client.graphql(COMMIT, commitInput('0'.repeat(40), { a: 'b' }))
    expect(graphql.errors?.[0]).toMatchObject({ type: 'FORBIDDEN', message: 'Resource not accessible by integration' })
  })
})

describe('a person’s token', () => {
  test('says who it is, in every way of sending it', async () => {
    const { box } = await makeWorld()
    const token = box.token({ login: 'bob' })
    const basic = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
    for (const authorization of [`Bearer ${token}`, `token ${token}`, basic]) {
      const answer = await clientOf(box, undefined).rest('GET', '/user', undefined, { authorization })
      expect(at(answer.body, 'login')).toBe('bob')
    }
    expect((await clientOf(box, 'wrong').rest('GET', '/user')).status).toBe(401)
    box.revoke(token)
    expect((await clientOf(box, token).rest('GET', '/user')).status).toBe(401)
  })

  test('may be fine-grained', async () => {
    const { box, repo } = await makeWorld()
    const reader = clientOf(box, box.token({ login: 'bob', gitRepos: ['acme/fleet'], permissions: { contents: 'read' } }))
    expect((await reader.rest('GET', `${REPO}/contents/README.md`)).status).toBe(200)
    const refused = await reader.rest('POST', `${REPO}/git/refs`, { ref: 'refs/heads/a', sha: repo.head() })
    expect([refused.status, at(refused.body, 'message')]).toEqual([403, 'Resource not accessible by personal access token'])
    const stranger = clientOf(box, box.token({ login: 'eve', gitRepos: ['acme/else'] }))
    expect((await stranger.rest('GET', REPO)).status).toBe(404)
  })
})

describe('limits', () => {
  const writes = (client: ReturnType<typeof clientOf>, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) => client.rest('POST', `${REPO}/git/blobs`, { content: `${n}` }).then(({ status }) => status)),
    )

  test('eighty writes a minute are taken, and then none until it is over', async () => {
    const { app, clock } = await makeWorld({ limits: DOCUMENTED_LIMITS })
    expect(new Set(await writes(app, 80))).toEqual(new Set([201]))
    clock.pass(20_000)
    const refused = await app.rest('POST', `${REPO}/git/blobs`, { content: 'x' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([403, '40'])
    expect(text(refused.body, 'message')).toContain('secondary rate limit')
    expect((await app.rest('GET', `${REPO}/git/ref/heads/main`)).status).toBe(200)
    clock.pass(40_000)
    expect((await app.rest('POST', `${REPO}/git/blobs`, { content: 'x' })).status).toBe(201)
  })

  test('five hundred writes an hour are taken', async () => {
    const { app, clock } = await makeWorld({ limits: { contentPerHour: 500 } })
    for (let n = 0; n < 10; n++) {
      expect(new Set(await writes(app, 50))).toEqual(new Set([201]))
      clock.pass(60_000)
    }
    expect(await writes(app, 1)).toEqual([403])
  })

  test('points: a mutation costs five, a query one', async () => {
    const { app } = await makeWorld({ limits: { graphqlPointsPerMinute: 7 } })
    const query = '{ viewer { login } }'
    await app.graphql(query)
    await app.graphql(COMMIT, commitInput('0'.repeat(40), {}))
    await app.graphql(query)
    await expect(app.graphql(query)).rejects.toThrow('403')
  })

  test('an exhausted hour is said with status 200 by GraphQL, with 403 by REST', async () => {
    const { app, person, clock } = await makeWorld({ limits: { primary: 2 } })
    for (let n = 0; n < 2; n++) {
      await app.rest('GET', REPO)
      await app.graphql('{ viewer { login } }')
    }
    expect((await app.graphql('{ viewer { login } }')).errors).toEqual([
      { type: 'RATE_LIMITED', message: 'API rate limit exceeded for installation ID 42.' },
    ])
    const rest = await app.rest('GET', REPO)
    expect([rest.status, rest.headers.get('x-ratelimit-remaining'), rest.headers.get('x-ratelimit-reset')]).toEqual([
      403,
      '0',
      String(now + 3600),
    ])
    await person.rest('GET', REPO)
    await person.rest('GET', REPO)
    expect((await person.rest('GET', REPO)).status).toBe(403)
    clock.pass(3_600_000)
    expect((await person.rest('GET', REPO)).status).toBe(200)
  })

  test('the headers tell what is left', async () => {
    const { app } = await makeWorld()
    const { headers } = await app.rest('GET', REPO)
    const told = ['limit', 'remaining', 'used', 'reset', 'resource'].map((name) => headers.get(`x-ratelimit-${name}`))
    expect(told).toEqual(['5000', '4999', '1', String(now + 3600), 'core'])
  })
})

describe('webhooks', () => {
  test('tell of pushes and pull requests, signed over the bytes that are sent', async () => {
    const received: { event: string | null; signed: boolean; delivery: string | null; body: unknown }[] = []
    const { app, box, repo } = await makeWorld({
      receiver: async (request) => {
        const bytes = Buffer.from(await request.arrayBuffer())
        const expected = `sha256=${createHmac('sha256', 'secret').update(bytes).digest('hex')}`
        const { headers } = request
        received.push({
          event: headers.get('x-github-event'),
          signed: headers.get('x-hub-signature-256') === expected,
          delivery: headers.get('x-github-delivery'),
          body: JSON.parse(bytes.toString('utf8')),
        })
        return new Response(null, { status: 204 })
      },
    })
    repo.hook({ url: 'https://hooks.example.com/x', secret: 'secret', events: ['push', 'pull_request'] })
    const before = repo.head()
    await app.graphql(COMMIT, commitInput(before, { a: 'a' }))
    repo.commit({ branch: 'side', on: String(before), files: { b: 'b' } })
    await app.rest('POST', `${REPO}/pulls`, { title: 'B', head: 'side', base: 'main' })
    repo.forcePush('main', String(before))
    expect((await box.deliveries()).map(({ event, status }) => [event, status])).toEqual([
      ['push', 204],
      ['push', 204],
      ['pull_request', 204],
      ['push', 204],
    ])
    expect(received.map(({ signed }) => signed)).toEqual([true, true, true, true])
    expect(new Set(received.map(({ delivery }) => delivery)).size).toBe(4)
    expect(received[0]?.body).toMatchObject({
      ref: 'refs/heads/main',
      before,
      forced: false,
      created: false,
      pusher: { name: 'tagboat[bot]' },
      commits: [{ message: 'Update\n\nweb 1.0.0 -> 1.0.1' }],
    })
    expect(received[1]?.body).toMatchObject({ ref: 'refs/heads/side', before: '0'.repeat(40), created: true })
    expect(received[2]?.body).toMatchObject({ action: 'opened', number: 1, pull_request: { title: 'B', head: { ref: 'side' } } })
    expect(received[3]?.body).toMatchObject({ forced: true, after: before, commits: [] })
  })
})
