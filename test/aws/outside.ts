// What is not AWS, or what moto does not get right: GitHub, and ECR with its registry, on one loopback port.
import { generateKeyPairSync } from 'node:crypto'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { serve } from '../../src/cli/serve.ts'
import { githubBox, type Scene } from '../../src/local/github.ts'
import { registryBox, type AwsEvent, type RegistryBox } from '../../src/local/registry.ts'
import { wallClock } from '../../src/local/time.ts'
import { account, region, type AwsConfig } from './account.ts'

export interface Outside {
  readonly url: string
  readonly registry: RegistryBox
  readonly gitRepo: Scene
  /** The secret of an App that may write to the repository. */
  readonly secret: string
  /** Whether pushes raise events. */
  readonly announce: (on: boolean) => void
  /** Raises an event as ECR would, whatever it says. */
  readonly raise: (event: Pick<AwsEvent, 'detail-type' | 'detail'>) => Promise<void>
  /** Until all events of pushes so far have been taken. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

const keys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })

export async function openOutside(config: AwsConfig, files: Readonly<Record<string, string>>): Promise<Outside> {
  const events = new EventBridgeClient(config)
  const put = async (source: string, { 'detail-type': type, detail }: Pick<AwsEvent, 'detail-type' | 'detail'>): Promise<void> => {
    await events.send(new PutEventsCommand({ Entries: [{ Source: source, DetailType: type, Detail: JSON.stringify(detail) }] }))
  }
  const underway = new Set<Promise<void>>()
  let announcing = true
  const registry = registryBox({
    clock: wallClock,
    account,
    region,
    emit: (event) => {
      if (!announcing) return
      const sent: Promise<void> = put(event.source, event).finally(() => underway.delete(sent))
      underway.add(sent)
    },
  })
  const github = githubBox({ clock: wallClock, backing: 'memory' })
  const { privateKey, publicKey } = keys()
  github.registerApp({ id: 1, slug: 'tagboat', publicKey })
  const gitRepo = github.createRepository({ owner: 'demo', name: 'fleet', files })
  const installation = github.install({ app: 1, owner: 'demo' })
  const served = await serve((request) => {
    if (request.headers.get('x-amz-target')?.startsWith('AmazonEC2ContainerRegistry')) return registry.ecr(request)
    return new URL(request.url).pathname.startsWith('/v2') ? registry.oci(request) : github.fetch(request)
  }, 0)
  const url = `http://127.0.0.1:${served.port}`
  return {
    url,
    registry,
    gitRepo,
    secret: JSON.stringify({
      githubAppID: '1',
      githubAppInstallationID: String(installation.id),
      githubAppPrivateKey: privateKey,
      githubAppBaseURL: `${url}/api/v3`,
    }),
    announce: (on) => void (announcing = on),
    raise: (event) => put('aws.ecr', event),
    settled: async () => void (await Promise.all(underway)),
    close: async () => {
      await served.close()
      registry.close()
      events.destroy()
    },
  }
}
