// What the boxed world needs before it can run: a table, an App that may write to the repository, and a sample to look at.
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readManifests } from '../core/spec.ts'
import { Failure } from '../core/failure.ts'
import { apply } from '../flow/apply.ts'
import type { Boxes } from '../local/boxes.ts'
import { files, images, manifests } from '../local/sample.ts'
import type { World } from '../ports.ts'
import { defaultScope } from './connect.ts'
import { makeTable } from './make-table.ts'

export interface Preparing {
  readonly boxes: Boxes
  readonly world: World
  readonly folder: string
  readonly sample: boolean
}

export async function prepare({ boxes, world, folder, sample }: Preparing): Promise<void> {
  await makeTable(boxes)
  makeApp(boxes, keyIn(folder))
  const seeded = join(folder, 'seeded')
  if (!sample) return
  if (existsSync(seeded)) return needReadable(boxes)
  for (const [name, tag] of images) await boxes.registry.push(name, tag)
  const message = 'The fleet as it stands'
  const there = boxes.github.gitRepo('demo/fleet')
  if (!there) boxes.github.createRepository({ owner: 'demo', name: 'fleet', files, message })
  // A process that was killed at this point has left it empty.
  else if (there.head() === undefined) there.commit({ files, message })
  const { manifests: objects, problems } = readManifests(manifests, 'sample', { namespace: 'flux-system' })
  const applied =
    problems.length > 0 ? { ok: false as const, problems } : await apply({ manifests: objects, scope: defaultScope, owner: 'cli' }, world)
  if (!applied.ok) throw new Failure('broken-sample', applied.problems.map(({ from, message }) => `${from}: ${message}`).join('\n'))
  writeFileSync(seeded, '')
}

/** Better said now than at the first push. */
function needReadable({ github, registry }: Boxes): void {
  const there = github.gitRepo('demo/fleet')
  if (there?.head() === undefined || there.files().size === 0) throw new Error('the repository demo/fleet has no head')
  if (registry.names().length === 0) throw new Error('the registry is empty')
}

const app = 1

/** As a GitHub App is set up: its key in Secrets Manager, under the name that the sample's GitRepository refers to. */
function makeApp({ github, secrets }: Boxes, privateKey: string): void {
  github.registerApp({ id: app, slug: 'tagboat', publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string })
  const installation = github.install({ app, owner: 'demo' })
  const secret = JSON.stringify({
    githubAppID: String(app),
    githubAppInstallationID: String(installation.id),
    githubAppPrivateKey: privateKey,
  })
  for (const name of ['flux-system', 'default']) secrets.set(`tagboat/git/${defaultScope}/flux-system/${name}`, secret)
}

function keyIn(folder: string): string {
  const file = join(folder, 'app.pem')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writeFileSync(file, privateKey, { mode: 0o600 })
  return privateKey
}
