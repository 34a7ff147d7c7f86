import { DescribeImagesCommand, ECRClient, ListImagesCommand, type ECRClientConfig, type ImageDetail } from '@aws-sdk/client-ecr'
import { ecrImage, type EcrImage } from '../../core/image.ts'
import type { Clock, Confirmed, ImageSource, Random, Registry } from '../../ports.ts'
import { bare, silent } from '../http/client.ts'
import { retrying } from '../http/retry.ts'
import { isNoAnswer } from '../http/sdk.ts'
import { denied, malformed, notThere, refused, throttled, unavailable } from './failures.ts'
import { isTag, listingGuard } from './listing.ts'

export interface EcrOptions {
  /** Without a region: each image names its own. */
  readonly config: Omit<ECRClientConfig, 'region' | 'maxAttempts' | 'retryMode'>
  readonly clock: Clock
  readonly random: Random
  /** Account, region and name of an image; a boxed world may have addresses of its own. */
  readonly locate?: (image: string) => EcrImage | undefined
  /** What to read the images of an account with, where that is not `config`'s own. */
  readonly roleIn?: (account: string) => ECRClientConfig['credentials'] | undefined
}

/** ECR through its own API: the OCI endpoint would cost a token of twelve hours and know nothing of push times and archives. */
export function ecrRegistry({ config, clock, random, locate = ecrImage, roleIn = () => undefined }: EcrOptions): Registry {
  const clients = new Map<string, ECRClient>()
  /** One for each region and credentials: those of our own role, or those of a role in the image's account. */
  const clientFor = ({ account, region }: EcrImage): ECRClient => {
    const credentials = roleIn(account)
    const name = credentials ? `${region} ${account}` : region
    const known = clients.get(name)
    if (known) return known
    const client = silent(new ECRClient({ ...config, region, ...bare, ...(credentials && { credentials }) }))
    clients.set(name, client)
    return client
  }
  const place = (source: ImageSource): EcrImage => {
    const found = locate(source.image)
    if (found) return found
    throw refused(source.image, 'expected an image of a private ECR registry, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app')
  }
  const ask = <T>(where: string, action: () => Promise<T>): Promise<T> =>
    retrying({ clock, random }, async () => {
      try {
        return await action()
      } catch (error) {
        throw translated(where, error)
      }
    })

  return {
    confirm: async (source, tag) => {
      if (!isTag(tag)) return { found: false, why: 'no-such-tag' }
      const at = place(source)
      const { account, repository } = at
      const command = new DescribeImagesCommand({
        registryId: account,
        repositoryName: repository,
        imageIds: [{ imageTag: tag }],
        // Without it an archived image looks like one that never was.
        filter: { imageStatus: 'ANY' },
      })
      const answer = await ask(`${source.image}:${tag}`, () =>
        clientFor(at)
          .send(command)
          .catch((error: unknown): Confirmed => absence(error)),
      )
      return 'found' in answer ? answer : confirmed(`${source.image}:${tag}`, answer.imageDetails?.[0])
    },
    list: async function* (source) {
      const at = place(source)
      const { account, repository } = at
      const guard = listingGuard(source.image)
      let nextToken: string | undefined
      do {
        const command = new ListImagesCommand({
          registryId: account,
          repositoryName: repository,
          maxResults: 1000,
          filter: { tagStatus: 'TAGGED' },
          ...(nextToken === undefined ? {} : { nextToken }),
        })
        const answer = await ask(source.image, () => clientFor(at).send(command))
        const tags = (answer.imageIds ?? []).flatMap(({ imageTag }) => (imageTag === undefined ? [] : [imageTag]))
        nextToken = answer.nextToken
        guard.page(tags, nextToken)
        yield tags
      } while (nextToken !== undefined)
    },
  }
}

function confirmed(where: string, image: ImageDetail | undefined): Confirmed {
  if (!image) return { found: false, why: 'no-such-tag' }
  if (image.imageStatus !== undefined && image.imageStatus !== 'ACTIVE') return { found: false, why: 'archived' }
  if (image.imageDigest === undefined) throw malformed(where, 'DescribeImages gave no digest')
  return { found: true, digest: image.imageDigest, ...(image.imagePushedAt ? { pushedAt: image.imagePushedAt.getTime() } : {}) }
}

/** What is expected to happen is an answer; everything else goes on as the error it is. */
function absence(error: unknown): Confirmed {
  const name = nameOf(error)
  if (name === 'ImageNotFoundException') return { found: false, why: 'no-such-tag' }
  if (name === 'RepositoryNotFoundException') return { found: false, why: 'no-such-image' }
  throw error
}

const THROTTLES: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])
const DENIALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])

function translated(where: string, error: unknown): unknown {
  const name = nameOf(error)
  const status = statusOf(error)
  if (isNoAnswer(error)) return unavailable(where, 'ECR did not answer', error)
  if (THROTTLES.has(name) || status === 429) return throttled(where, undefined, error)
  if (DENIALS.has(name) || status === 401 || status === 403)
    return denied(where, `ECR refused our credentials (${name}); check the role's policy and the repository's`, error)
  if (name === 'RepositoryNotFoundException') return notThere(where, error)
  if (name === 'ServerException' || (status !== undefined && status >= 500))
    return unavailable(where, `ECR answered ${name} (${status ?? 'no status'})`, error)
  if (status !== undefined && status >= 400) return refused(where, `ECR answered ${name}`, error)
  return error
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const { $metadata } = error
  if (typeof $metadata !== 'object' || $metadata === null || !('httpStatusCode' in $metadata)) return undefined
  return typeof $metadata.httpStatusCode === 'number' ? $metadata.httpStatusCode : undefined
}
