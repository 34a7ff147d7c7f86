// The boxed world: everything that AWS, GitHub and a registry would do, in this process, on one port.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import { onEvent, onScanQueue, onTargetQueue } from '../flow/handlers.ts'
import { sweep, wakeEverything } from '../flow/sweep.ts'
import { openBoxes, type Boxes } from '../local/boxes.ts'
import { worldOver } from '../local/world.ts'
import { systemClock } from '../adapters/clock.ts'
import type { World } from '../ports.ts'
import { dashboard } from '../web/dashboard.ts'
import { Usage, type Command } from './command.ts'
import { defaultScope } from './connect.ts'
import { claim, defaultFolder, type Claim } from './running.ts'
import { prepare } from './seed.ts'
import { serve, type Served } from './serve.ts'
import { narrator } from './tell.ts'
import { paint, type Terminal } from './terminal.ts'

export const localCommand: Command = {
  name: 'local',
  about: 'run the whole product in a boxed world: registry, GitHub, AWS and a dashboard on one port',
  flags: {
    port: { type: 'string', short: 'p', value: 'NUMBER', about: 'where it listens on 127.0.0.1 (4222; 0: any free port)' },
    dir: { type: 'string', value: 'FOLDER', about: `where its state is kept (${defaultFolder})` },
    fresh: { type: 'boolean', about: 'forget the state of before' },
    bare: { type: 'boolean', about: 'without the sample repository, images and manifests' },
  },
  examples: ['npm start', 'npm start -- --port 8080', 'npx tagboat local --fresh', 'npx tagboat local --dir demo --port 0'],
  run: async (given, terminal) => {
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}"`)
    const port = portOf(given.text('port') ?? '4222')
    const folder = resolve(terminal.folder, given.text('dir') ?? defaultFolder)
    needGit()
    const claimed = await claim(folder)
    try {
      if (given.is('fresh'))
        for (const each of ['table', 'git', 'registry', 'secrets.json', 'app.pem', 'seeded'])
          rmSync(join(folder, each), { recursive: true, force: true })
      await run({ port, folder, sample: !given.is('bare'), claimed }, terminal)
      return 0
    } finally {
      claimed.release()
    }
  },
}

interface Wish {
  readonly port: number
  readonly folder: string
  readonly sample: boolean
  readonly claimed: Claim
}

async function run({ port, folder, sample, claimed }: Wish, terminal: Terminal): Promise<void> {
  let handle = async (_: Request): Promise<Response> => new Response('starting\n', { status: 503 })
  const served = await serve((request) => handle(request), port)
  const url = `http://127.0.0.1:${served.port}`
  const opened = open({ url, folder }, terminal)
  const { boxes, world } = opened
  try {
    await prepare({ boxes, world, folder, sample })
    handle = opened.handle
    boxes.start()
    // What was under way when the process ended last time is gone with its queues: look at everything once.
    await wakeEverything(defaultScope, world)
    claimed.announce(url)
    greet({ url, sample }, terminal)
    await sweepUntilInterrupted(world, terminal.interrupted)
    terminal.out('stopping; the state is kept, "--fresh" forgets it')
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      'broken-state',
      `the state in ${folder} cannot be used (${error instanceof Error ? error.message : String(error)}): start with --fresh to forget it, or name another folder with --dir`,
      { cause: error },
    )
  } finally {
    await close(served, boxes)
  }
}

/** One process, but each function has a world of its own, as its instances would have. */
function open(
  { url, folder }: { readonly url: string; readonly folder: string },
  terminal: Terminal,
): { readonly boxes: Boxes; readonly world: World; readonly handle: (request: Request) => Promise<Response> } {
  const log = narrator(terminal)
  const make = () => worldOver({ fetch: (request) => boxes.box(request), url, clock: systemClock, random: Math.random, log })
  const [world, forEvaluate, forScan, forPromote] = [make(), make(), make(), make()]
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
  return { boxes, world, handle: async (request) => (await page(request)) ?? boxes.box(request) }
}

async function close(served: Served, boxes: Boxes): Promise<void> {
  await served.close()
  await boxes.close()
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

function portOf(text: string): number {
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port > 65_535) throw new Usage(`expected --port to be a number from 0 to 65535, got "${text}"`)
  return port
}

function needGit(): void {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' })
  } catch {
    throw new Failure('no-git', 'git was not found on the PATH: install it, the boxed repository is cloned and pushed with it')
  }
}
