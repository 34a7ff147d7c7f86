// KMS at the wire, as far as a key that signs needs it: RSA keys by id, ARN or alias, that can be disabled.
import { createHash, createPublicKey, generateKeyPairSync, privateEncrypt, constants } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Input, Operations } from './aws/json.ts'
import { awsJson, optionalText, Refusal, refuseOthers } from './aws/json.ts'
import type { Box } from './box.ts'

export interface KmsBox {
  readonly box: Box
  /** A new key for RSASSA; `publicKey` as PEM, for whoever is to believe its signatures. */
  readonly createKey: (alias?: string) => { readonly arn: string; readonly publicKey: string }
  readonly disable: (arn: string) => void
  /** How often a key has signed. */
  readonly signed: () => number
}
interface Key {
  readonly id: string
  readonly arn: string
  readonly alias: string | undefined
  readonly privateKey: KeyObject
  readonly enabled: boolean
}

/** What stands before a SHA-256 digest in RSASSA-PKCS1-v1_5. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')
const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256'

export function kmsBox({
  account = '111122223333',
  region = 'eu-west-1',
}: { readonly account?: string; readonly region?: string } = {}): KmsBox {
  const keys = new Map<string, Key>()
  let signed = 0
  const known = (input: Input): Key => {
    const wanted = optionalText(input, 'KeyId') ?? ''
    const found = [...keys.values()].find(
      ({ id, arn, alias }) =>
        [id, arn].includes(wanted) || (alias !== undefined && (wanted === alias || wanted === `arn:aws:kms:${region}:${account}:${alias}`)),
    )
    if (!found)
      throw new Refusal('NotFoundException', wanted.includes('alias/') ? `Alias ${wanted} is not found.` : `Key '${wanted}' does not exist`)
    if (!found.enabled) throw new Refusal('DisabledException', `${found.arn} is disabled.`)
    return found
  }
  const operations: Operations = {
    Sign: (input) => {
      refuseOthers('Sign', input, ['KeyId', 'Message', 'MessageType', 'SigningAlgorithm'])
      const key = known(input)
      const digest = Buffer.from(optionalText(input, 'Message') ?? '', 'base64')
      if (optionalText(input, 'SigningAlgorithm') !== ALGORITHM)
        throw new Refusal('InvalidKeyUsageException', `this box signs by ${ALGORITHM} alone`)
      const isDigest = optionalText(input, 'MessageType') === 'DIGEST'
      if (isDigest && digest.length !== 32) throw new Refusal('ValidationException', `Digest is invalid length for algorithm ${ALGORITHM}.`)
      const hash = isDigest ? digest : createHash('sha256').update(digest).digest()
      signed++
      const signature = privateEncrypt({ key: key.privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, hash]))
      return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm: ALGORITHM }
    },
    GetPublicKey: (input) => {
      refuseOthers('GetPublicKey', input, ['KeyId'])
      const key = known(input)
      const der = createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' })
      return {
        KeyId: key.arn,
        PublicKey: der.toString('base64'),
        KeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: [ALGORITHM],
      }
    },
  }
  return {
    box: awsJson({ target: 'TrentService', version: '1.1' }, operations),
    createKey: (alias) => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const id = `00000000-0000-4000-8000-${String(keys.size + 1).padStart(12, '0')}`
      const arn = `arn:aws:kms:${region}:${account}:key/${id}`
      keys.set(arn, { id, arn, alias, privateKey, enabled: true })
      return { arn, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
    },
    disable: (arn) => {
      const key = keys.get(arn)
      if (key) keys.set(arn, { ...key, enabled: false })
    },
    signed: () => signed,
  }
}
