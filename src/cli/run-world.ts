// One process against the real world: the flow as it is deployed, its table in a folder, its queues in memory, everything else outside.
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as v from 'valibot'
import { systemClock } from '../adapters/clock.ts'
import { dockerLogin } from '../adapters/docker-login.ts'
import { dynamodbStore } from '../adapters/dynamodb.ts'
import { eventBus } from '../adapters/eventbridge.ts'
import { gitCredentials, githubHost } from '../adapters/github.ts'
import { patient } from '../adapters/http/retry.ts'
import { sdkHandler, type SdkHandler } from '../adapters/http/sdk.ts'
import { jsonLog } from '../adapters/log.ts'
import { boundedMemory } from '../adapters/memory.ts'
import { oidcClaims } from '../adapters/oidc.ts'
import { ecrRegistry, ociRegistry, registryByHost } from '../adapters/registry.ts'
import { gitSecret, gitWay, receiverSecret, registrySecret, signingSecret, type SecretReader } from '../adapters/secrets.ts'
import { signers } from '../adapters/signing.ts'
import { secretFolder, secretManifests, secretToken } from '../adapters/secrets/files.ts'
import { sqsQueues } from '../adapters/sqs.ts'
import { Failure } from '../core/failure.ts'
import { GitRepository, gitRepositoryName } from '../env.ts'
import { deploy, type Delivered } from '../flow/deploy.ts'
import { onEvent, onScanQueue, onTargetQueue } from '../flow/handlers.ts'
import { onlyNamed } from '../flow/named.ts'
import { sweep, wakeEverything } from '../flow/sweep.ts'
import { openEmbedded } from '../local/embedded.ts'
import { queues } from '../local/inbox.ts'
import { account, region } from '../local/sample.ts'
import { table } from '../local/world.ts'
import type { Log, World } from '../ports.ts'
import { dashboard } from '../web/dashboard.ts'
import { metrics } from '../web/metrics.ts'
import { receive } from '../web/receive.ts'
import { Usage, type ExitCode } from './command.ts'
import { makeTable } from './make-table.ts'
import { filesOf } from './manifests.ts'
import { claim, openFolder, refuseSecond, selfPath, type Self } from './running.ts'
import { serve } from './serve.ts'
import { narrator } from './tell.ts'
import type { Terminal } from './terminal.ts'

export interface RunWish {
  readonly manifests: readonly string[]
  readonly gitRepositories: readonly string[]
  readonly secrets: string
  readonly registryAuth: string | undefined
  readonly mode: 'write' | 'observe'
  readonly host: string
  readonly port: number
  readonly folder: string
  readonly scope: string
  readonly githubApi: string | undefined
  readonly log: 'text' | 'json'
}

type Handle = (request: Request) => Promise<Response>

export async function runWorld(wish: RunWish, terminal: Terminal): Promise<ExitCode> {
  const named = namedOf(wish.gitRepositories)
  const secrets = secretsOf(wish.secrets, terminal)
  const folder = resolve(terminal.folder, wish.folder)
  // The sample's state would send its demonstration to the real GitHub.
  if (existsSync(join(folder, 'git')) || existsSync(join(folder, 'registry')))
    throw new Failure('not-ours', `the folder ${folder} holds a boxed world of tagboat local: name another one with --dir`)
  await refuseSecond(folder)
  openFolder(folder, { fresh: false })
  const key = randomUUID()
  let handle: Handle = async () => new Response('starting\n', { status: 503 })
  let self: Self | undefined
  const served = await serve(
    (request) => (isSelf(request) ? Promise.resolve(Response.json(self ?? {})) : handle(request)),
    wish.port,
    wish.host,
  )
  const toClose: (() => unknown)[] = [served.close]
  try {
    const url = `http://${wish.host.includes(':') ? `[${wish.host}]` : wish.host}:${served.port}`
    const { id, release } = claim(folder, url, key)
    self = { id, ready: false }
    toClose.push(release)
    const opened = open({ wish, named, secrets, folder, key, url }, terminal)
    toClose.unshift(opened.close)
    const surprised = surprise()
    await Promise.race([opened.prepare(), surprised])
    handle = opened.handle
    self = { id, ready: true }
    terminal.out(`tagboat runs at ${url}${wish.mode === 'observe' ? ', observing: nothing is written' : ''}`)
    await Promise.race([opened.work(terminal.interrupted), surprised])
    terminal.out('stopping: what is under way comes to its end')
    return 0
  } finally {
    handle = async () => new Response('stopping\n', { status: 503 })
    // What does not end now is taken up at the next start, as after a crash.
    await Promise.race([closeAll(toClose), wait(longestGoodbye)])
  }
}

/** Less than systemd and Kubernetes wait before they kill. */
const longestGoodbye = 20_000
const isSelf = (request: Request): boolean => new URL(request.url).pathname === selfPath

const closeAll = async (steps: readonly (() => unknown)[]): Promise<void> => {
  for (const step of steps) await Promise.allSettled([step()])
}

/** The table's own library throws where nobody can catch it. */
const surprise = (): Promise<never> => new Promise((_, reject) => void process.on('uncaughtException', reject))

function namedOf(texts: readonly string[]): ReadonlySet<string> {
  if (texts.length === 0) throw new Usage('expected --git-repositories OWNER/NAME: only what is named there may be written, got none')
  return new Set(
    texts.map((text) => {
      const read = v.safeParse(GitRepository, text)
      if (read.success) return read.output
      throw new Usage(`expected --git-repositories OWNER/NAME or HOST/OWNER/NAME, got "${text}"`)
    }),
  )
}

function secretsOf(where: string, { folder, environment }: Terminal): SecretReader {
  if (where === 'env') {
    const token = environment['TAGBOAT_GITHUB_TOKEN']
    if (!token) throw new Usage('expected --secrets FOLDER or FILE, or a token in TAGBOAT_GITHUB_TOKEN, got neither')
    return secretToken(token)
  }
  const path = resolve(folder, where)
  const there = statSync(path, { throwIfNoEntry: false })
  if (!there) throw new Usage(`expected --secrets to be a folder or a file, there is no "${where}"`)
  return there.isDirectory() ? secretFolder(path) : secretManifests(path)
}

interface Opening {
  readonly wish: RunWish
  readonly named: ReadonlySet<string>
  readonly secrets: SecretReader
  readonly folder: string
  readonly key: string
  readonly url: string
}
interface Opened {
  readonly prepare: () => Promise<void>
  readonly work: (interrupted: AbortSignal) => Promise<void>
  readonly handle: Handle
  readonly close: () => Promise<void>
}

function open({ wish, named, secrets, folder, key, url }: Opening, terminal: Terminal): Opened {
  const { scope, mode } = wish
  const clock = systemClock
  const random = Math.random
  const config: EmbeddedConfig = {
    endpoint: 'http://embedded.invalid',
    region,
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
    requestHandler: sdkHandler((request) => embedded.box(request)),
  }
  const store = dynamodbStore({ table, config, clock, random })
  const counted = metrics({ world: { store, clock }, scope, since: clock.now() })
  const log: Log = counted.counting(wish.log === 'json' ? jsonLog({ level: 'info', write: terminal.out, clock }) : narrator(terminal))
  const world = worldOf({ wish, named, secrets, store, config, log }, terminal)
  const embedded = openEmbedded({
    clock,
    folder,
    url,
    functions: {
      evaluate: (event) => onEvent(event, world),
      scan: (event) => onScanQueue(event, world),
      promote: (event) => onTargetQueue(event, { ...world, mode }),
    },
  })
  // One process: its own lease must not keep it from the next sweep.
  const sweeping = { ...world, random: () => 0 }
  let swept = 0
  let applied: string | undefined
  const bringManifests = async (): Promise<Delivered | undefined> => {
    if (wish.manifests.length === 0) return undefined
    const files = wish.manifests.flatMap((each) => filesOf(each, terminal.folder))
    const now = JSON.stringify(files)
    if (now === applied) return undefined
    const delivered = await deploy({ owner: 'run', scopes: { [scope]: files }, before: [scope] }, world)
    // What is refused is said once, and looked at again when it has changed.
    applied = now
    return delivered
  }
  const page = dashboard({ world, scope, html: readFileSync(new URL('../web/dashboard.html', import.meta.url), 'utf8') })
  const door = receive({
    ...world,
    secret: (receiver) => receiverSecret(receiver, secrets),
    claims: oidcClaims({ fetch: (request) => fetch(request), clock }),
  })
  return {
    prepare: async () => {
      await makeTable(embedded)
      const delivered = await bringManifests()
      if (delivered?.ok === false)
        throw new Failure(
          'manifests',
          `the manifests have to be right first:\n${delivered.problems.map(({ from, message }) => `  ${from}: ${message}`).join('\n')}`,
        )
      embedded.start()
      // What was under way when the process ended last time is gone with its queues: look at everything once.
      await wakeEverything(scope, world)
      swept = clock.now()
    },
    work: async (interrupted) => {
      for (let round = 1; ; round++) {
        await pause(everyFew, interrupted)
        if (interrupted.aborted) return
        await sweep(sweeping)
        swept = clock.now()
        if (round % 12 !== 0) continue
        const delivered = await bringManifests().catch((error: unknown) => ({
          ok: false as const,
          problems: [{ from: 'manifests', message: String(error) }],
        }))
        if (delivered?.ok === false)
          for (const { from, message } of delivered.problems) terminal.error(`manifests are left as they were: ${from}: ${message}`)
      }
    },
    handle: async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/healthz') {
        const late = clock.now() - swept
        return late < 60_000 ? new Response('ok\n') : new Response(`the last sweep was ${Math.round(late / 1000)} s ago\n`, { status: 503 })
      }
      if (pathname === '/metrics')
        return new Response(await counted.text(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
      if (pathname.startsWith('/hook/')) return door(request)
      const shown = await page(request)
      if (shown) return shown
      // The commands of this machine: whoever can read the folder has the key.
      if (request.headers.get('x-amz-target') !== null)
        return opens(request, key) ? embedded.box(request) : new Response(null, { status: 403 })
      return new Response('nothing here\n', { status: 404 })
    },
    close: embedded.close,
  }
}

/** Often enough for an interval of a few seconds; a sweep with nothing to do is one small query. */
const everyFew = 5_000

const pause = (milliseconds: number, interrupted: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (interrupted.aborted) return done()
    const stop = () => (clearTimeout(timer), done())
    const timer = setTimeout(() => (interrupted.removeEventListener('abort', stop), done()), milliseconds)
    interrupted.addEventListener('abort', stop, { once: true })
  })

/** Signed with the key of the folder's own file. */
function opens(request: Request, key: string): boolean {
  const said = Buffer.from(/Credential=([^/]+)\//.exec(request.headers.get('authorization') ?? '')?.[1] ?? '')
  const wanted = Buffer.from(key)
  return said.length === wanted.length && timingSafeEqual(said, wanted)
}

const unwritten = (): Failure => new Failure('secret-unwritable', 'secrets are files here: write them where --secrets says')

/** How the clients of AWS reach what is embedded. */
interface EmbeddedConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly requestHandler: SdkHandler
}

interface Parts extends Pick<Opening, 'wish' | 'named' | 'secrets'> {
  readonly store: World['store']
  readonly config: EmbeddedConfig
  readonly log: Log
}

function worldOf({ wish, named, secrets, store, config, log }: Parts, { folder, environment }: Terminal): World {
  const clock = systemClock
  const random = Math.random
  const retry = patient({ clock, random })
  const { registryAuth, githubApi } = wish
  const login = dockerLogin({
    file:
      registryAuth === undefined
        ? join(environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker'), 'config.json')
        : resolve(folder, registryAuth),
    named: registryAuth !== undefined,
    environment,
  })
  const queueUrl = (name: string) => `${config.endpoint}/${account}/${name}`
  const credentialIn = gitCredentials()
  const github = githubHost({
    clock,
    random,
    log,
    userAgent: 'tagboat',
    ...(githubApi !== undefined && { api: () => githubApi }),
    credentials: async (place) => credentialIn(await gitSecret(place, secrets)),
    way: (place) => gitWay(place, secrets),
    signers: signers({ clock, secret: (key) => signingSecret(key, secrets) }),
  })
  return {
    store,
    registry: registryByHost({
      ecr: ecrRegistry({ config: {}, clock, random }),
      oci: ociRegistry({
        fetch: (request) => fetch(request),
        clock,
        random,
        credentials: async (source) => (await registrySecret(source, secrets)) ?? login(source),
      }),
    }),
    git: onlyNamed(github, (place) => named.has(gitRepositoryName(place))),
    outbox: {
      ...sqsQueues({ targetQueueUrl: queueUrl(queues.target), scanQueueUrl: queueUrl(queues.scan), config, retrying: retry }),
      ...eventBus({ config, busName: 'default', retrying: retry }),
    },
    secrets: {
      read: ({ role, scope, namespace, name }) => secrets.read(role, scope, namespace, name),
      put: () => Promise.reject(unwritten()),
      remove: () => Promise.reject(unwritten()),
    },
    memory: boundedMemory({ capacity: 128_000_000 }),
    log,
    clock,
    random,
  }
}
