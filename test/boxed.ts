// The boxed world as tests use it: in memory, under a clock that stands still until it is told to move, with the real adapters and the
// real flow. Every fact can be looked at: the file in Git, the item in the table, the message in the queue.
import { generateKeyPairSync } from 'node:crypto'
import type { Limits } from '../src/core/budget.ts'
import { readManifests } from '../src/core/spec.ts'
import { apply, type Applied } from '../src/flow/apply.ts'
import { onEvent, onScanQueue, onTargetQueue } from '../src/flow/handlers.ts'
import { sweep } from '../src/flow/sweep.ts'
import { openBoxes, type Boxes, type BoxesOptions } from '../src/local/boxes.ts'
import type { Files, Scene } from '../src/local/github.ts'
import { virtualTime, wallClock, wallTimers, type VirtualTime } from '../src/local/time.ts'
import { doorOver, worldOver } from '../src/local/world.ts'
import type { Log, World } from '../src/ports.ts'
import { receive } from '../src/web/receive.ts'
import { makeTable } from '../src/cli/make-table.ts'

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

export interface BoxedOptions {
  readonly files?: Files
  /** Every invocation in a fresh process. */
  readonly cold?: boolean
  readonly around?: BoxesOptions['around']
  readonly github?: BoxesOptions['github']
  readonly time?: VirtualTime
  /** `observe`: promote may write nothing. */
  readonly mode?: 'observe' | 'write'
  /** Real time, for measuring. */
  readonly wall?: boolean
  /** What the Git host allows, where that is not what GitHub documents. */
  readonly limits?: Limits
}
export interface Boxed {
  readonly boxes: Boxes
  readonly time: VirtualTime
  /** A world of the tester's own. */
  readonly world: World
  readonly gitRepo: Scene
  /** What a GitRepository's secret holds: an App that is installed at `demo`, and wherever else a test installs App 1. */
  readonly credential: string
  readonly events: readonly { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
  readonly apply: (yaml: string, scope?: string) => Promise<Applied>
  /** A stranger knocks at a receiver's door. */
  readonly knock: (request: Request) => Promise<Response>
  readonly push: (name: string, tag: string, content?: string) => Promise<void>
  /** Pushes, and waits until all that follows at once has happened. */
  readonly pushed: (name: string, tag: string, content?: string) => Promise<void>
  /** Until nothing more can be done without time. */
  readonly rest: () => Promise<void>
  /** Time goes on, with a sweep every minute. */
  readonly minutes: (count: number) => Promise<void>
  readonly sweep: () => Promise<void>
}

export const url = 'http://boxes.invalid'
export const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'

/** A generator of numbers that answers alike every time. */
export function mulberry(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export async function boxed({
  files = {},
  cold = false,
  around,
  github,
  wall = false,
  mode = 'write',
  limits,
  time = virtualTime(),
}: BoxedOptions = {}): Promise<Boxed> {
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = []
  const log: Log = (event, fields = {}) => void events.push({ event, fields })
  const random = mulberry(1)
  const { now, after } = wall ? { ...wallClock, ...wallTimers } : time
  let asleep = 0
  const clock = {
    now,
    sleep: async (milliseconds: number) => {
      asleep++
      await new Promise<void>((done) => void after(milliseconds, done))
      asleep--
    },
  }
  const make = (): World => worldOver({ fetch: (request) => boxes.box(request), url, clock, random, log })
  const instance = () => {
    let warm: World | undefined
    return () => (cold ? make() : (warm ??= make()))
  }
  const [evaluate, scan, promote] = [instance(), instance(), instance()]
  const boxes: Boxes = openBoxes({
    clock,
    timers: { after },
    url,
    functions: {
      evaluate: (event) => onEvent(event, evaluate()),
      scan: (event) => onScanQueue(event, scan()),
      promote: (event) => onTargetQueue(event, { ...promote(), mode, ...(limits && { limits }) }),
    },
    ...(around && { around }),
    ...(github && { github }),
  })
  await makeTable(boxes)
  const gitRepo = boxes.github.createRepository({ owner: 'demo', name: 'fleet', files: { 'README.md': '# fleet\n', ...files } })
  boxes.github.registerApp({ id: 1, slug: 'tagboat', publicKey: keys.publicKey })
  const installation = boxes.github.install({ app: 1, owner: 'demo' })
  const secret = JSON.stringify({
    githubAppID: '1',
    githubAppInstallationID: String(installation.id),
    githubAppPrivateKey: keys.privateKey,
  })
  for (const scope of ['default', 'other']) boxes.secrets.set(`tagboat/git/${scope}/flux-system/flux-system`, secret)
  const world = make()
  const push: Boxed['push'] = async (name, tag, content) => void (await boxes.registry.push(name, tag, content))
  /** Functions that sleep a little are waited for: then, and only then, time goes on by itself. */
  const rest = async () => {
    let resting = true
    const drained = boxes.drain().finally(() => (resting = false))
    while (resting && !wall) {
      await time.settle()
      const next = time.next()
      if (resting && asleep > 0 && next !== undefined) await time.advance(next - time.now())
    }
    await drained
  }
  const knock = receive({ ...make(), ...doorOver({ fetch: (request) => boxes.box(request), url, clock, random }) })
  const sweepOnce = async () => {
    await sweep(world)
    await rest()
  }
  return {
    boxes,
    time,
    world,
    gitRepo,
    credential: secret,
    events,
    push,
    knock,
    apply: async (yaml, scope = 'default') => {
      const { manifests, secrets, problems } = readManifests(yaml, 'test', { namespace: 'flux-system' })
      if (problems.length > 0) return { ok: false, problems }
      return apply({ manifests, secrets, scope, owner: 'cli' }, world)
    },
    pushed: async (name, tag, content) => {
      await push(name, tag, content)
      await rest()
    },
    rest,
    minutes: async (count) => {
      for (let minute = 0; minute < count; minute++) {
        await time.advance(60_000)
        await sweepOnce()
      }
    },
    sweep: sweepOnce,
  }
}

/** The manifests of one automation with its policies, as Flux's users write them. */
export function manifests({
  path = './apps',
  policies,
  name = 'fleet',
  namespace = 'flux-system',
  branch = 'main',
  message,
}: {
  readonly path?: string
  readonly name?: string
  readonly namespace?: string
  readonly branch?: string
  readonly message?: string
  readonly policies: Readonly<Record<string, string>>
}): string {
  const documents = [
    `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: ${namespace} }
spec: { interval: 1m, url: 'https://github.com/demo/fleet', ref: { branch: main }, secretRef: { name: flux-system } }`,
    `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  interval: 30m
  sourceRef: { kind: GitRepository, name: flux-system }
  git:
    checkout: { ref: { branch: main } }
    commit: { author: { name: fluxcdbot, email: fluxcdbot@example.com }${message === undefined ? '' : `, messageTemplate: ${JSON.stringify(message)}`} }
    push: { branch: ${branch} }
  update: { strategy: Setters, path: ${path} }`,
    ...Object.entries(policies).flatMap(([policy, rule]) => [
      `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${policy}, namespace: ${namespace} }
spec: { image: '${registry}/${policy}', interval: 5m, provider: aws }`,
      `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${policy}, namespace: ${namespace} }
spec: { imageRepositoryRef: { name: ${policy} }, ${rule} }`,
    ]),
  ]
  return documents.join('\n---\n')
}

export const semver = (range: string): string => `policy: { semver: { range: '${range}' } }`

/** A Deployment whose image stands at a marker. */
export const deployment = (name: string, tag: string, policy = name, namespace = 'flux-system'): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: ${name}
          image: ${registry}/${name}:${tag} # {"$imagepolicy": "${namespace}:${policy}"}
`
