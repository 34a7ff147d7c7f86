import { generateKeyPairSync } from 'node:crypto'
import { gitCredential, githubHost } from '../../../src/adapters/github.ts'
import type { GithubOptions } from '../../../src/adapters/github.ts'
import type { GitHost, FileMode } from '../../../src/ports.ts'
import { githubBox } from '../../../src/local/github.ts'
import type { GithubBox, GithubBoxOptions, Scene } from '../../../src/local/github.ts'
import type { GitHostSubject, Person, Written } from '../../contracts/git-host.ts'
import { PLACE, setClock } from './canned.ts'
import type { SetClock } from './canned.ts'

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = KEYS.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

export interface GithubWorld extends GitHostSubject {
  readonly box: GithubBox
  readonly scene: Scene
  readonly clock: SetClock
  /** What the box was asked, without what tokens cost. */
  readonly asked: () => Readonly<Record<string, number>>
  readonly forget: () => void
  /** A process that knows nothing yet. */
  readonly fresh: (options?: Partial<GithubOptions>) => GitHost
}

/** A repository of an organisation that has installed our App. */
export function githubWorld(options: Partial<GithubBoxOptions> = {}): GithubWorld {
  const clock = setClock()
  const box = githubBox({ clock, backing: 'memory', ...options })
  const scene = box.createRepository({ owner: PLACE.owner, name: PLACE.repository, private: true, files: { 'README.md': 'Fleet\n' } })
  box.registerApp({ id: 12, publicKey: KEYS.publicKey.export({ type: 'spki', format: 'pem' }).toString() })
  box.install({ app: 12, owner: PLACE.owner, id: 34 })
  const credential = gitCredential({ githubAppID: '12', githubAppInstallationOwner: PLACE.owner, githubAppPrivateKey: PEM })
  const fresh = (more: Partial<GithubOptions> = {}) =>
    githubHost({ fetch: box.fetch, clock, random: Math.random, credentials: async () => credential, userAgent: 'tagboat', ...more })
  const tokens = /installation|access_tokens/
  return {
    host: fresh(),
    place: PLACE,
    branch: 'main',
    person: personOn(scene, clock),
    box,
    scene,
    clock,
    fresh,
    asked: () => Object.fromEntries([...box.counts()].filter(([operation]) => !tokens.test(operation))),
    forget: () => box.forgetCounts(),
  }
}

const MODES = { file: '100644', executable: '100755', link: '120000' } as const satisfies Record<FileMode, string>

function personOn(scene: Scene, clock: SetClock): Person {
  const content = (written: Written) =>
    typeof written === 'string' || written instanceof Uint8Array ? written : { mode: MODES[written.mode], content: written.bytes }
  return {
    commit: async (files, message) => {
      clock.pass(1000)
      return scene.commit({
        files: Object.fromEntries(Object.entries(files).map(([path, one]) => [path, one === null ? null : content(one)])),
        ...(message === undefined ? {} : { message }),
      })
    },
    rewind: async (to) => {
      scene.forcePush('main', to)
    },
    read: async (path) => {
      const bytes = scene.bytes(path)
      const mode = Object.entries(MODES).find(([, octal]) => octal === scene.files().get(path)?.mode)?.[0]
      return bytes === undefined || mode === undefined ? undefined : { bytes: new Uint8Array(bytes), mode: mode as FileMode }
    },
    log: async () => scene.log(),
  }
}
