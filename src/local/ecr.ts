import type { Box } from './box.ts'
import {
  batchDeleteImage,
  batchGetImage,
  describeImages,
  describeImageScanFindings,
  listImageReferrers,
  listImages,
  putImage,
  updateImageStorageClass,
} from './ecr/images.ts'
import { createRepository, deleteRepository, describeRepositories, putImageTagMutability, shelfOf } from './ecr/names.ts'
import { answer, asObject, EcrError, refusal, seconds, type Input } from './ecr/wire.ts'
import type { Gatekeeper } from './registry/auth.ts'
import type { Shelf } from './registry/content.ts'
import { uuidFrom, type Site } from './registry/site.ts'

const PREFIX = 'AmazonEC2ContainerRegistry_V20150921.'
const TWELVE_HOURS = 12 * 60 * 60

type AboutOneName = (site: Site, shelf: Shelf, input: Input) => unknown
const aboutOneName: Readonly<Record<string, AboutOneName>> = {
  BatchDeleteImage: batchDeleteImage,
  BatchGetImage: batchGetImage,
  DeleteRepository: deleteRepository,
  DescribeImages: describeImages,
  DescribeImageScanFindings: describeImageScanFindings,
  ListImageReferrers: listImageReferrers,
  ListImages: listImages,
  PutImage: putImage,
  PutImageTagMutability: putImageTagMutability,
  UpdateImageStorageClass: updateImageStorageClass,
}

/** The ECR API over the same content as the OCI endpoint. */
export function ecrBox(site: Site, gate: Gatekeeper): Box {
  let count = 0

  async function perform(request: Request): Promise<unknown> {
    const target = request.headers.get('x-amz-target') ?? ''
    const operation = target.startsWith(PREFIX) ? target.slice(PREFIX.length) : ''
    checkScope(site, request.headers.get('authorization'))
    const input = await readInput(request)
    if (operation === 'CreateRepository') return createRepository(site, input)
    if (operation === 'DescribeRepositories') return describeRepositories(site, input)
    if (operation === 'GetAuthorizationToken') return authorizationToken(site, gate)
    const run = Object.hasOwn(aboutOneName, operation) ? aboutOneName[operation] : undefined
    if (!run) throw new EcrError('UnknownOperationException', `"${target}" is not an operation of this box`)
    return run(site, shelfOf(site, input), input)
  }

  return async (request) => {
    count += 1
    const id = uuidFrom(`ecr ${site.content.clock.now()} ${count}`)
    try {
      return answer(await perform(request), id)
    } catch (error) {
      if (error instanceof EcrError) return refusal(error, id)
      throw error
    }
  }
}

/** Not a check of the signature: that the request was meant for this service in this region, which a client gets wrong more often. */
function checkScope(site: Site, authorization: string | null): void {
  if (authorization === null) throw new EcrError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization)
  if (scope?.[1] !== site.region || scope[2] !== 'ecr') {
    throw new EcrError(
      'InvalidSignatureException',
      `Credential should be scoped to a valid region and to service 'ecr', here ${site.region}; was ${scope?.[1] ?? 'none'} and '${scope?.[2] ?? 'none'}'`,
    )
  }
}

async function readInput(request: Request): Promise<Input> {
  let value: unknown
  try {
    value = JSON.parse((await request.text()) || '{}')
  } catch {
    throw new EcrError('SerializationException', 'the body is not JSON')
  }
  return asObject(value, 'the body')
}

function authorizationToken(site: Site, gate: Gatekeeper): unknown {
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`AWS:${gate.passwordFor(TWELVE_HOURS)}`).toString('base64'),
        expiresAt: seconds(site.content.clock.now()) + TWELVE_HOURS,
        proxyEndpoint: `https://${site.account}.dkr.ecr.${site.region}.amazonaws.com`,
      },
    ],
  }
}
