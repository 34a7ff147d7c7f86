// Both adapters in front of the registry box.
import type { ImageSource } from '../../../src/ports.ts'
import { sdkHandler } from '../../../src/adapters/http/sdk.ts'
import { ecrRegistry, ociRegistry } from '../../../src/adapters/registry.ts'
import type { Box } from '../../../src/local/box.ts'
import { registryBox, type RegistryBox, type RegistryBoxOptions } from '../../../src/local/registry.ts'
import type { RegistrySubject, Trouble } from '../../contracts/registry.ts'

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
export const patientClock = { now: () => NOW, sleep: () => Promise.resolve() }
export const middling = () => 0.5

export const sourceOf = (image: string, more: Partial<ImageSource> = {}): ImageSource => ({
  scope: 'default',
  namespace: 'flux-system',
  image,
  provider: 'generic',
  insecure: false,
  ...more,
})

interface Disturbed {
  readonly box: Box
  readonly disturb: RegistrySubject['disturb']
  readonly requests: RegistrySubject['requests']
}

function disturbed(box: Box, answers: Readonly<Record<Trouble, () => Response>>): Disturbed {
  let [count, left, trouble]: [number, number, Trouble] = [0, 0, 'throttled']
  return {
    box: (request) => {
      count += 1
      if (left === 0) return box(request)
      left -= 1
      return Promise.resolve(answers[trouble]())
    },
    disturb: (next, times) => void ([trouble, left] = [next, times]),
    requests: () => count,
  }
}

const inFrontOf = (world: RegistryBox): Pick<RegistrySubject, 'push' | 'pushIndex' | 'remove' | 'archive'> => ({
  push: world.push,
  pushIndex: world.pushIndex,
  remove: async (name, tag) => world.remove(name, tag),
  archive: async (name, tag) => world.archive(name, tag),
})

export async function ociSubject(options: Partial<RegistryBoxOptions> = {}): Promise<RegistrySubject> {
  const world = registryBox({ clock: patientClock, ...options })
  const { box, disturb, requests } = disturbed(world.oci, {
    throttled: () => new Response('slow down', { status: 429, headers: { 'retry-after': '1' } }),
    unavailable: () => new Response('oh no', { status: 503 }),
    denied: () => new Response('no', { status: 403 }),
  })
  const registry = ociRegistry({ fetch: box, clock: patientClock, random: middling, credentials: async () => undefined })
  return { ...inFrontOf(world), registry, disturb, requests, source: (name) => sourceOf(`registry.test/${name}`) }
}

export async function ecrSubject(): Promise<RegistrySubject> {
  const world = registryBox({ clock: patientClock })
  const refusal = (type: string, status = 400) =>
    new Response(JSON.stringify({ __type: type, message: type }), { status, headers: { 'content-type': 'application/x-amz-json-1.1' } })
  const { box, disturb, requests } = disturbed(world.ecr, {
    throttled: () => refusal('ThrottlingException'),
    unavailable: () => refusal('ServerException', 500),
    denied: () => refusal('AccessDeniedException'),
  })
  const registry = ecrRegistry({ config: ecrConfig(box), clock: patientClock, random: middling })
  const source = (name: string) => sourceOf(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/${name}`, { provider: 'aws' })
  return { ...inFrontOf(world), registry, disturb, requests, source }
}

export const ecrConfig = (box: Box) => ({
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  requestHandler: sdkHandler(box),
})
