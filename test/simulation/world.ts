// The boxed world of a run: the boxes, the Lambda functions as instances with a World each, and the faults between them.
import { apply, remove } from '../../src/flow/apply.ts'
import { onEvent, onScanQueue, onTargetQueue, onTimer, type QueueEvent } from '../../src/flow/handlers.ts'
import { readManifests } from '../../src/core/spec.ts'
import { DOCUMENTED_LIMITS } from '../../src/local/github/limits.ts'
import { openBoxes, queues, type Boxes } from '../../src/local/boxes.ts'
import { lambdaBox, type Handler, type Instance, type LambdaBox } from '../../src/local/lambda.ts'
import type { VirtualTime } from '../../src/local/time.ts'
import { worldOver } from '../../src/local/world.ts'
import { makeTable } from '../../src/cli/make-table.ts'
import type { Log, World } from '../../src/ports.ts'
import { dice, type Dice } from './dice.ts'
import { namespace, registryHost, scopes, type Gone, type Scope } from './estate.ts'
import type { Ledger } from './ledger.ts'
import type { Weather } from './weather.ts'
import { awsOver } from './sdk.ts'
import { openGate, wire, type Caller, type Landing } from './wire.ts'

export type Role = 'evaluate' | 'scan' | 'promote' | 'sweep' | 'person'
export interface Invocation {
  readonly role: Role
  readonly began: number
}
export interface Run {
  readonly boxes: Boxes
  readonly lambda: LambdaBox
  /** Without faults and without time: for whoever looks from outside. */
  readonly outside: World
  readonly told: ReadonlySet<string>
  readonly sweep: () => void
  /** Once; `false`: somebody died, or something was refused. */
  readonly applied: (scope: Scope, yaml: string, gone: readonly Gone[]) => Promise<boolean>
  readonly landing: Landing
}
export interface RunOptions {
  readonly seed: number
  readonly time: VirtualTime
  readonly ledger: Ledger
  readonly weather: () => Weather
  readonly onLog: (event: string, fields: Readonly<Record<string, unknown>>) => void
  readonly around: (world: World, role: Role) => World
  /** Around the table. */
  readonly watched: (box: Boxes['box']) => Boxes['box']
  /** AWS's own clients for everything. */
  readonly sdk: boolean
}

const url = 'http://boxes.invalid'
/** Milliseconds, as lib/functions.ts has them. */
const timeouts = { evaluate: 60_000, scan: 300_000, promote: 120_000, sweep: 60_000 } as const
const token = 'simulated'

export async function openRun({ seed, time, ledger, weather, onLog, around, watched, sdk }: RunOptions): Promise<Run> {
  const told = new Set<string>()
  const gate = openGate(time)
  const landing: Landing = { gathered: 0 }
  const aws = (fetch: Boxes['box']) => (sdk ? {} : { aws: awsOver(fetch, url) })
  const events = dice(seed, 'events')
  const lambda = lambdaBox({ clock: time, timers: time })
  const invoke = async (name: string, event: unknown): Promise<unknown> => {
    const invoked = await lambda.invoke(name, event)
    if (invoked.is === 'answered') return invoked.payload
    throw new Error(invoked.is)
  }
  const boxes = openBoxes({
    clock: time,
    around: (service, box) => (service === 'dynamodb' ? watched(box) : box),
    timers: time,
    url,
    github: { limits: DOCUMENTED_LIMITS },
    indexLag: () => {
      const before = ready ? ledger.before('table index') : 0
      const milliseconds = ready ? weather().indexLag(events) : 0
      if (milliseconds > 0) {
        ledger.count('faults', 'index-lag')
        ledger.did({ fault: 'index-lag', of: 'table index', for: milliseconds, ...(before > 0 && { after: before }) })
      }
      return milliseconds
    },
    functions: {
      // EventBridge invokes asynchronously: Lambda tries again, and gives up after two more times.
      evaluate: async (event) => troubled(event, () => lambda.send('evaluate', event)),
      scan: async (event) => {
        cursing(event)
        twice(event)
        return invoke('scan', event)
      },
      promote: async (event) => {
        cursing(event)
        expiring(event)
        return invoke('promote', event)
      },
    },
  })
  let ready = false
  const heard = (id: string) => {
    if (!told.has(id)) ledger.happened(`told of ${id}`)
    told.add(id)
  }
  boxes.bus.rule({
    name: 'told',
    pattern: { source: ['tagboat'] },
    targets: [{ id: 'listener', deliver: async ({ detail }) => heard(String(detail['id'])) }],
  })

  /** Events of each image. */
  const sent = new Map<string, number>()
  const troubled = (event: unknown, send: () => void): void => {
    const { detail } = event as { readonly detail: Readonly<Record<string, unknown>> }
    const of = `event ${String(detail['repository-name'])}:${String(detail['image-tag'])}`
    const { lost, again, late } = weather().event(events, of)
    const fault = (kind: string, milliseconds?: number) => {
      ledger.count('faults', kind)
      ledger.did({ fault: kind, of, ...(milliseconds !== undefined && { for: milliseconds }) })
      ledger.line(`event ${JSON.stringify(detail)} [${kind}]`)
    }
    if (lost) return fault('event-lost')
    if (again !== undefined) {
      fault('event-twice', again)
      time.after(again, send)
    }
    const image = String(detail['repository-name'])
    const nth = (sent.get(image) ?? 0) + 1
    sent.set(image, nth)
    if (late === undefined) return send()
    fault('event-late', late)
    time.after(late, () => {
      if (sent.get(image) !== nth) ledger.count('faults', 'event-reordered')
      send()
    })
  }
  const cursed = new Set<string>()
  /** Decided when it is received for the first time. */
  const met = new Set<string>()
  const cursing = ({ Records }: QueueEvent): void => {
    for (const { messageId } of Records) {
      if (met.has(messageId)) continue
      met.add(messageId)
      if (!weather().curses(events)) continue
      cursed.add(messageId)
      ledger.count('faults', 'message-cursed')
    }
  }
  /** A standard queue may deliver a message twice. */
  const twice = (event: QueueEvent): void => {
    const { again } = weather().event(events, 'message scan')
    if (again === undefined) return
    ledger.count('faults', 'message-twice')
    ledger.did({ fault: 'event-twice', of: 'message scan', for: again })
    time.after(again, () => void lambda.send('scan', event))
  }
  const expiring = ({ Records }: { readonly Records: readonly { readonly messageId: string }[] }): void => {
    const [record] = Records
    if (!record) return
    const ends = weather().expiry(events)
    if (ends === undefined) return
    ledger.did({ fault: 'visibility-expired', of: 'message promote', for: ends })
    time.after(ends, () => {
      ledger.count('faults', 'visibility-expired')
      ledger.line(`the visibility of ${record.messageId} ends`)
      boxes.sqs.queue(queues.target).expire(record.messageId)
    })
  }

  const worldOf = (caller: Caller, role: Role, own: Dice, box: Boxes['box']): { readonly world: World; readonly begin: () => void } => {
    let skew = weather().skew(own)
    const clock = {
      now: () => time.now() + skew,
      // The dead do not wake.
      sleep: (milliseconds: number) =>
        new Promise<void>((resolve) => {
          if (!caller.dead) time.after(Math.ceil(milliseconds), () => (caller.dead ? undefined : resolve()))
        }),
    }
    const log: Log = (event, fields = {}) => {
      if (caller.dead) return
      ledger.line(() => `${caller.name} ${event} ${JSON.stringify(fields).slice(0, 300)}`)
      if (event === 'message-failed') explain(caller, role, fields)
      onLog(event, fields)
    }
    const fetch = wire(caller, { box, time, dice: own, ledger, weather: weather(), gate, landing })
    return {
      world: around(worldOver({ fetch, url, clock, random: own.next, log, ...aws(fetch) }), role),
      begin: () => {
        caller.suffered = 0
        caller.sent = 0
        if (!weather().jumps(own, role)) return
        skew = weather().skew(own)
        ledger.did({ fault: 'clock-jump', of: `${role} begins` })
        ledger.count('faults', 'clock-jump')
      },
    }
  }
  /** Nothing fails by itself: only what met a fault may, and who was overtaken by another holder. */
  const explain = (caller: Caller, role: Role, fields: Readonly<Record<string, unknown>>): void => {
    const error = String(fields['error'])
    if (error.includes('has taken the target')) return ledger.count('reached', 'lease-overlap')
    if (caller.suffered === 0) ledger.violation(`${role} failed although nothing went wrong: ${error}`)
    ledger.count('reached', `${role}-failed`)
  }

  const define = (role: Exclude<Role, 'person'>, handle: (event: unknown, world: World) => Promise<unknown>): void =>
    lambda.define({
      name: role,
      timeout: timeouts[role],
      ...(role === 'evaluate' && { limit: 8 }),
      retries: role === 'sweep' ? 0 : 2,
      onFailure: () => ledger.count('reached', `${role}-given-up`),
      create: (instance: Instance): Handler => {
        const caller: Caller = {
          name: `${role}#${instance.id}`,
          role,
          suffered: 0,
          sent: 0,
          gathered: 0,
          dead: false,
          die: () => {
            caller.dead = true
            ledger.line(`${caller.name} dies`)
            lambda.kill(role, instance.id)
          },
        }
        const own = dice(seed, caller.name)
        const { world, begin } = worldOf(caller, role, own, (request) => instance.wire(boxes.box)(request))
        return async (event) => {
          begin()
          ledger.line(`${caller.name} begins`)
          caller.doomed =
            isQueueEvent(event) && event.Records.some(({ messageId }) => cursed.has(messageId)) ? events.whole(0, 12) : undefined
          try {
            return await handle(event, world)
          } catch (error) {
            if (caller.suffered === 0 && !caller.dead) ledger.violation(`${role} failed although nothing went wrong: ${String(error)}`)
            if (!caller.dead) ledger.line(`${caller.name} fails: ${String(error)}`)
            throw error
          }
        }
      },
    })
  define('evaluate', (event, world) => onEvent(event, world))
  define('scan', (event, world) => onScanQueue(event as QueueEvent, world))
  define('promote', (event, world) => onTargetQueue(event as QueueEvent, world))
  define('sweep', (_, world) => onTimer(world))

  await makeTable(boxes)
  boxes.github.token({ login: 'tagboat', token })
  for (const scope of scopes)
    boxes.secrets.set(`tagboat/git/${scope}/${namespace}/git`, JSON.stringify({ username: 'git', password: token }))
  const outside = worldOver({
    fetch: boxes.box,
    url,
    clock: { now: time.now, sleep: async () => undefined },
    random: dice(seed, 'outside').next,
    ...aws(boxes.box),
  })
  await warm(outside)
  ready = true
  boxes.start()
  let people = 0
  return {
    boxes,
    lambda,
    told,
    outside,
    sweep: () => lambda.send('sweep', {}),
    landing,
    applied: async (scope, yaml, gone) => {
      const { manifests, problems } = readManifests(yaml, 'simulation', { namespace })
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
      let died: () => void = () => undefined
      const death = new Promise<'dead'>((resolve) => {
        died = () => resolve('dead')
      })
      const caller: Caller = {
        name: `person#${++people}`,
        role: 'person',
        suffered: 0,
        sent: 0,
        gathered: 0,
        dead: false,
        die: () => {
          caller.dead = true
          died()
        },
      }
      const { world } = worldOf(caller, 'person', dice(seed, caller.name), boxes.box)
      const work = apply({ manifests, scope, owner: 'cli' }, world)
        .then(async ({ ok }) => ok && (await remove(gone, world)).length >= 0)
        .then(
          (ok) => ok,
          () => false,
        )
      // One who hangs is interrupted.
      const patience = new Promise<false>((resolve) => void time.after(300_000, () => resolve(false)))
      const ended = await Promise.race([work, death, patience])
      if (ended !== true) caller.dead = true
      return ended === true
    },
  }
}

const isQueueEvent = (event: unknown): event is QueueEvent => typeof event === 'object' && event !== null && 'Records' in event

/**
 * What is loaded on first use is loaded now: reading a module takes real time, and in virtual time others would go first or not as the disk
 * likes.
 */
async function warm({ store, git, registry, outbox }: World): Promise<void> {
  const credential = { scope: scopes[0], namespace, secret: 'git' }
  await git.look({ host: 'github.com', owner: 'demo', repository: 'none', credential }, 'main', { trees: [''], files: ['none'] })
  const source = { scope: scopes[0], namespace, image: `${registryHost}/none`, provider: 'aws', insecure: false } as const
  await registry.confirm(source, 'none')
  await store.targets()
  await outbox.scan({ imageRepository: { scope: 'none', namespace, name: 'none' }, why: 'warm' })
  await outbox.announce('warm', 'Warm', {})
}
