// What registries have, for whoever works on a checkout without a world.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../adapters/clock.ts'
import { dockerLogin } from '../adapters/docker-login.ts'
import { ecrRegistry, ociRegistry, registryByHost } from '../adapters/registry.ts'
import type { Registry } from '../ports.ts'
import type { Given } from './command.ts'
import { readText } from './manifests.ts'
import { readTags, registryOf } from './tags-file.ts'
import type { Terminal } from './terminal.ts'

/** Registries answer with the rights of whoever runs this: logins of docker, AWS's ambient credentials for ECR. */
export function checkoutRegistry(given: Given, { folder, environment }: Terminal): Registry {
  const tags = given.text('tags')
  if (tags !== undefined) return registryOf(readTags(readText(resolve(folder, tags)), tags), tags)
  const named = given.text('registry-auth') ?? environment['REGISTRY_AUTH_FILE']
  const file = join(environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker'), 'config.json')
  const timing = { clock: systemClock, random: Math.random }
  return registryByHost({
    ecr: ecrRegistry({ config: {}, ...timing }),
    oci: ociRegistry({
      ...timing,
      fetch: (request) => fetch(request),
      credentials: dockerLogin({ file: named === undefined ? file : resolve(folder, named), named: named !== undefined, environment }),
    }),
  })
}
