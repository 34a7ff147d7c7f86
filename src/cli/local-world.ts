// The boxed world: everything that AWS, GitHub and a registry would do, in this process, on one port.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import { onEvent, onScanQueue, onTargetQueue } from '../flow/handlers.ts'
import { sweep, wakeEverything } from '../flow/sweep.ts'
import { openBoxes, type Boxes } from '../local/boxes.ts'
import { doorOver, worldOver } from '../local/world.ts'
import { systemClock } from '../adapters/clock.ts'
import type { Log, World } from '../ports.ts'
import { dashboard } from '../web/dashboard.ts'
import { receive } from '../web/receive.ts'
import { defaultScope } from './connect.ts'
import { claim, openFolder, refuseSecond, selfPath, type Self } from './running.ts'
import { prepare } from './seed.ts'
import { serve } from './serve.ts'
import { narrator } from './tell.ts'
import { paint, patiently, type Terminal } from './terminal.ts'

export async function runLocal({ port, folder: named, sample, fresh }: LocalWish, terminal: Terminal): Promise<void> {
  const folder = resolve(terminal.folder, named)
  needGit()
  await refuseSecond(folder)
  openFolder(folder, { fresh })
  await run({ port, folder, sample }, terminal)
}

export interface LocalWish {
  readonly port: number
  readonly folder: string
  readonly sample: boolean
  readonly fresh: boolean
}
interface Wish {
  readonly port: number
  readonly folder: string
  readonly sample: boolean
}

async function run({ port, folder, sample }: Wish, terminal: Terminal): Promise<void> {
  const starting = async (): Promise<Response> => new Response('starting\n', { status: 503 })
  let handle: (request: Request) => Promise<Response> = starting
  let self: Self | undefined
  const served = await serve(
    (request) => (new URL(request.url).pathname === selfPath ? Promise.resolve(Response.json(self ?? {})) : handle(request)),
    port,
  )
  const toClose: (() => unknown)[] = [served.close]
  try {
    const url = `http://127.0.0.1:${served.port}`
    const { id, release } = claim(folder, url)
    self = { id, ready: false }
    toClose.push(release)
    // The table's own library throws where nobody can catch it.
    const surprised = surprise()
    const work = (async () => {
      const opened = open({ url, folder, isTold: () => self?.ready === true && !terminal.interrupted.aborted }, terminal)
      toClose.unshift(opened.boxes.close)
      await patiently(terminal, 'getting the boxes ready', prepare({ boxes: opened.boxes, world: opened.world, folder, sample }))
      handle = opened.handle
      opened.boxes.start()
      // What was under way when the process ended last time is gone with its queues: look at everything once.
      await patiently(terminal, 'catching up', wakeEverything(defaultScope, opened.world))
      self = { id, ready: true }
      greet({ url, sample }, terminal)
      await sweepUntilInterrupted(opened.world, terminal.interrupted)
      terminal.out('stopping; the state is kept, "--fresh" forgets it')
    })()
    await Promise.race([work, surprised])
  } catch (error) {
    if (error instanceof Failure && error.code !== 'registry-folder-broken') throw error
    throw new Failure(
      'broken-state',
      `the state in ${folder} cannot be used (${oneLine(error)}): start with --fresh to forget it, or name another folder with --dir`,
      { cause: error },
    )
  } finally {
    handle = starting
    // Everything that counts is on disk already: whoever does not come to an end now would not be missed after a crash either.
    await Promise.race([close(toClose), wait(longestGoodbye)])
  }
}

const longestGoodbye = 1_500

/** Parsers quote what they met, newlines included. */
const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/\s+/g, ' ')
    .replace(/^Database is closed$/, 'the table cannot be opened')

async function close(steps: readonly (() => unknown)[]): Promise<void> {
  // All of them, also when one fails: a broken state cannot always be closed.
  await Promise.allSettled(steps.map(async (step) => step()))
}

/** What nobody caught ends the world with one line, and from then on nothing more is heard of what else it broke. */
const surprise = (): Promise<never> => new Promise((_, reject) => void process.on('uncaughtException', reject))

/** One process, but each function has a world of its own, as its instances would have. */
function open(
  { url, folder, isTold }: { readonly url: string; readonly folder: string; readonly isTold: () => boolean },
  terminal: Terminal,
): { readonly boxes: Boxes; readonly world: World; readonly handle: (request: Request) => Promise<Response> } {
  const tell = narrator(terminal)
  // What is done to get ready is nobody's news.
  const log: Log = (event, fields) => {
    if (isTold()) tell(event, fields)
  }
  const make = () => worldOver({ fetch: (request) => boxes.box(request), url, clock: systemClock, random: Math.random, log })
  const [world, forEvaluate, forScan, forPromote, forReceive] = [make(), make(), make(), make(), make()]
  const boxes = openBoxes({
    clock: systemClock,
    folder,
    url,
    functions: {
      evaluate: (event) => onEvent(event, forEvaluate),
      scan: (event) => onScanQueue(event, forScan),
      promote: (event) => onTargetQueue(event, forPromote),
    },
    github: { openPush: true },
  })
  const page = dashboard({ world, scope: defaultScope, html: readFileSync(new URL('../web/dashboard.html', import.meta.url), 'utf8') })
  const door = receive({
    ...forReceive,
    ...doorOver({ fetch: (request) => boxes.box(request), url, clock: systemClock, random: Math.random }),
  })
  const isHook = (request: Request): boolean => new URL(request.url).pathname.startsWith('/hook/')
  return { boxes, world, handle: async (request) => (isHook(request) ? door(request) : ((await page(request)) ?? boxes.box(request))) }
}

/** The schedule: as often as on AWS. */
const everyMinute = 60_000

async function sweepUntilInterrupted(world: World, interrupted: AbortSignal): Promise<void> {
  while (!interrupted.aborted) {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, everyMinute)
      interrupted.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
    })
    if (!interrupted.aborted) await sweep(world)
  }
}

function greet({ url, sample }: { readonly url: string; readonly sample: boolean }, terminal: Terminal): void {
  const bold = (text: string) => paint(terminal, 'bold', text)
  terminal.out(
    [
      `dashboard  ${bold(url)}`,
      `registry   ${bold(url.replace('http://', ''))}   (plain HTTP, no login)`,
      ...(sample
        ? [
            '',
            'In another terminal, in this folder:',
            '',
            `  npx tagboat push app:1.2.4`,
            `  npx tagboat get images --watch`,
            `  git clone ${url}/demo/fleet.git`,
            '',
            'Ctrl-C ends it.',
            '',
          ]
        : ['', 'Ctrl-C ends it.', '']),
    ].join('\n'),
  )
}

function needGit(): void {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' })
  } catch {
    throw new Failure('no-git', 'git was not found on the PATH: install it, the boxed repository is cloned and pushed with it')
  }
}
