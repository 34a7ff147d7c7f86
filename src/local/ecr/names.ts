import { createName, removeManifest } from '../registry/actions.ts'
import type { Mutability } from '../registry/change.ts'
import type { Shelf } from '../registry/content.ts'
import { isName } from '../registry/grammar.ts'
import { arnOf, type Site } from '../registry/site.ts'
import { exclusionOf } from './images.ts'
import { EcrError, limit, list, oneOf, pageOf, seconds, text, type Input } from './wire.ts'

const MUTABILITY = ['MUTABLE', 'IMMUTABLE', 'IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'] as const satisfies readonly Mutability[]

/** The name that a request is about, which must be of this registry. */
export function shelfOf(site: Site, input: Input): Shelf {
  const name = text(input, 'repositoryName')
  const registry = input.registryId ?? site.account
  const shelf = registry === site.account ? site.content.shelf(name) : undefined
  if (!shelf) throw noSuchName(name, typeof registry === 'string' ? registry : 'null')
  return shelf
}

const noSuchName = (name: string, registry: string): EcrError =>
  new EcrError('RepositoryNotFoundException', `The repository with name '${name}' does not exist in the registry with id '${registry}'`)

function describe(site: Site, { name, settings }: Shelf): unknown {
  return {
    repositoryArn: arnOf(site, name),
    registryId: site.account,
    repositoryName: name,
    repositoryUri: `${site.account}.dkr.ecr.${site.region}.amazonaws.com/${name}`,
    createdAt: seconds(settings.createdAt),
    imageTagMutability: settings.mutability,
    ...(settings.exclusions.length > 0
      ? { imageTagMutabilityExclusionFilters: settings.exclusions.map((filter) => ({ filterType: 'WILDCARD', filter })) }
      : {}),
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  }
}

export function createRepository(site: Site, input: Input): unknown {
  const name = text(input, 'repositoryName')
  if (!isName(name) || name.length < 2)
    throw new EcrError(
      'InvalidParameterException',
      `Invalid parameter at 'repositoryName' failed to satisfy constraint: a repository name, not "${name}"`,
    )
  if (site.content.shelf(name))
    throw new EcrError(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${site.account}'`,
    )
  createName(site, name, mutabilityIn(input))
  return { repository: describe(site, shelfOf(site, input)) }
}

function mutabilityIn(input: Input): { readonly mutability: Mutability; readonly exclusions: readonly string[] } {
  const mutability = oneOf(input, 'imageTagMutability', MUTABILITY) ?? 'MUTABLE'
  const exclusions = (list(input, 'imageTagMutabilityExclusionFilters', 5) ?? []).map(exclusionOf)
  if (mutability.endsWith('_WITH_EXCLUSION') !== exclusions.length > 0) {
    throw new EcrError('InvalidParameterException', 'exclusion filters belong to the two modes WITH_EXCLUSION, and only to them')
  }
  return { mutability, exclusions }
}

export function putImageTagMutability(site: Site, shelf: Shelf, input: Input): unknown {
  const { mutability, exclusions } = mutabilityIn(input)
  site.content.commit([{ is: 'name', name: shelf.name, settings: { ...shelf.settings, mutability, exclusions } }])
  return {
    registryId: site.account,
    repositoryName: shelf.name,
    imageTagMutability: mutability,
    ...(exclusions.length > 0
      ? { imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: 'WILDCARD', filter })) }
      : {}),
  }
}

export function describeRepositories(site: Site, input: Input): unknown {
  const asked = list(input, 'repositoryNames', 100)
  if (asked) return { repositories: asked.map((name) => describe(site, shelfOf(site, { ...input, repositoryName: name }))) }
  const { page, next } = pageOf(site.content.names(), (name) => site.content.shelf(name), input, limit(input, 1000, 100))
  return { repositories: page.map((shelf) => describe(site, shelf)), ...next }
}

export function deleteRepository(site: Site, shelf: Shelf, input: Input): unknown {
  if (shelf.manifests.size > 0 && input.force !== true) {
    throw new EcrError(
      'RepositoryNotEmptyException',
      `The repository with name '${shelf.name}' in registry with id '${site.account}' cannot be deleted because it still contains images`,
    )
  }
  const repository = describe(site, shelf)
  for (const digest of [...shelf.manifests.keys()]) removeManifest(site, shelf, digest)
  site.content.commit([{ is: 'no-name', name: shelf.name }])
  return { repository }
}
