// Secrets Manager at the wire: versions and their stages, deletion with its days of grace; in memory, or one file on disk.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Box, BoxClock } from './box.ts'
import type { Input, Operations } from './aws/json.ts'
import { awsJson, isRecord, optionalFlag, optionalNumber, optionalText, records, Refusal, refuseOthers, texts } from './aws/json.ts'

interface Version {
  readonly id: string
  readonly text: string
  readonly createdAt: number
  readonly stages: readonly string[]
}
interface Secret {
  readonly name: string
  readonly arn: string
  readonly description: string
  readonly createdAt: number
  readonly changedAt: number
  /** When it is gone for good. */
  readonly deletedAt?: number
  readonly versions: readonly Version[]
  /** How many there ever were. */
  readonly puts: number
}
export type SecretsState = readonly Secret[]

export interface SecretsOptions {
  readonly clock: BoxClock
  readonly account?: string
  readonly region?: string
  /** Kept there, for this user's eyes only; in memory unless given. */
  readonly file?: string
}
export interface SecretsBox {
  readonly box: Box
  /** Writes a secret without the wire. */
  readonly set: (name: string, text: string) => void
  readonly snapshot: () => SecretsState
  readonly restore: (state: SecretsState) => void
}

const days = 86_400_000

export const secretsBox = ({ clock, account = '111122223333', region = 'eu-west-1', file }: SecretsOptions): SecretsBox => {
  const secrets = new Map<string, Secret>((file === undefined ? [] : load(file)).map((secret) => [secret.name, secret]))

  const keep = (secret: Secret): Secret => {
    secrets.set(secret.name, secret)
    if (file !== undefined) save(file, [...secrets.values()])
    return secret
  }
  /** Also one that is marked for deletion, until its days are over. */
  const known = (id: string): Secret | undefined => {
    const found = secrets.get(id) ?? [...secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id)
    if (found?.deletedAt === undefined || found.deletedAt > clock.now()) return found
    secrets.delete(found.name)
    return undefined
  }
  const find = (input: Input): Secret => {
    const found = known(required(input, 'SecretId'))
    if (found === undefined) throw new Refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return found
  }
  const live = (input: Input): Secret => {
    const found = find(input)
    if (found.deletedAt !== undefined) {
      throw new Refusal('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.")
    }
    return found
  }
  const create = (name: string, description: string): Secret => {
    const now = clock.now()
    const suffix = createHash('sha256').update(`${name} ${now}`).digest('hex').slice(0, 6)
    return {
      name,
      arn: `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix}`,
      description,
      createdAt: now,
      changedAt: now,
      versions: [],
      puts: 0,
    }
  }
  const put = (secret: Secret, text: string, token?: string): { readonly secret: Secret; readonly version: Version } => {
    const id = token ?? versionId(secret.name, secret.puts)
    const before = secret.versions.find((version) => version.id === id)
    if (before !== undefined && before.text !== text) {
      throw new Refusal('ResourceExistsException', "You can't use this ClientRequestToken: a version of another value has it already.")
    }
    if (before !== undefined) return { secret, version: before }
    const version = { id, text, createdAt: clock.now(), stages: ['AWSCURRENT'] }
    // Only the last but one keeps a stage; versions without one are forgotten, as AWS does in time.
    const former = secret.versions
      .filter(({ stages }) => stages.includes('AWSCURRENT'))
      .map((each) => ({ ...each, stages: ['AWSPREVIOUS'] }))
    return { secret: keep({ ...secret, changedAt: clock.now(), versions: [version, ...former], puts: secret.puts + 1 }), version }
  }

  const operations: Operations = {
    CreateSecret: (input) => {
      refuseOthers('CreateSecret', input, ['Name', 'SecretString', 'Description', 'ClientRequestToken', 'Tags'])
      const name = required(input, 'Name')
      if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
        throw new Refusal(
          'ValidationException',
          'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
        )
      }
      const before = known(name)
      if (before?.deletedAt !== undefined) {
        throw new Refusal(
          'InvalidRequestException',
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
      }
      if (before !== undefined)
        throw new Refusal('ResourceExistsException', `The operation failed because the secret ${name} already exists.`)
      const created = keep(create(name, optionalText(input, 'Description') ?? ''))
      const text = optionalText(input, 'SecretString')
      const version = text === undefined ? undefined : put(created, checked(text), optionalText(input, 'ClientRequestToken')).version
      return { ARN: created.arn, Name: name, ...(version && { VersionId: version.id }) }
    },
    PutSecretValue: (input) => {
      refuseOthers('PutSecretValue', input, ['SecretId', 'SecretString', 'ClientRequestToken'])
      const { secret, version } = put(live(input), checked(required(input, 'SecretString')), optionalText(input, 'ClientRequestToken'))
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages }
    },
    GetSecretValue: (input) => {
      refuseOthers('GetSecretValue', input, ['SecretId', 'VersionId', 'VersionStage'])
      const secret = live(input)
      const id = optionalText(input, 'VersionId')
      const stage = optionalText(input, 'VersionStage') ?? (id === undefined ? 'AWSCURRENT' : undefined)
      const version = secret.versions.find(
        (each) => (id === undefined || each.id === id) && (stage === undefined || each.stages.includes(stage)),
      )
      if (version === undefined) {
        throw new Refusal(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${stage === undefined ? `VersionId: ${id}` : `staging label: ${stage}`}`,
        )
      }
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.text,
        VersionStages: version.stages,
        CreatedDate: version.createdAt / 1000,
      }
    },
    DescribeSecret: (input) => described(find(input)),
    ListSecrets: (input) => {
      refuseOthers('ListSecrets', input, ['Filters', 'MaxResults', 'NextToken', 'IncludePlannedDeletion'])
      const planned = optionalFlag(input, 'IncludePlannedDeletion') ?? false
      const prefixes = records(input, 'Filters').map((filter) => {
        if (optionalText(filter, 'Key') !== 'name') throw new Refusal('ValidationException', 'Filters: this box filters by name only')
        return texts(filter, 'Values')
      })
      const all = [...secrets.keys()]
        .map(known)
        .filter((secret) => secret !== undefined)
        .filter(
          (secret) =>
            (planned || secret.deletedAt === undefined) &&
            prefixes.every((values) => values.some((value) => secret.name.startsWith(value))),
        )
      const from = Number(optionalText(input, 'NextToken') ?? 0)
      const to = from + (optionalNumber(input, 'MaxResults') ?? 100)
      return { SecretList: all.slice(from, to).map(described), ...(to < all.length && { NextToken: String(to) }) }
    },
    DeleteSecret: (input) => {
      refuseOthers('DeleteSecret', input, ['SecretId', 'RecoveryWindowInDays', 'ForceDeleteWithoutRecovery'])
      const secret = live(input)
      const force = optionalFlag(input, 'ForceDeleteWithoutRecovery') ?? false
      const grace = optionalNumber(input, 'RecoveryWindowInDays')
      if ((force && grace !== undefined) || (grace !== undefined && !(grace >= 7 && grace <= 30))) {
        throw new Refusal(
          'InvalidParameterException',
          'RecoveryWindowInDays: expected 7 to 30, and not together with ForceDeleteWithoutRecovery',
        )
      }
      const deletedAt = clock.now() + (force ? 0 : (grace ?? 30) * days)
      keep({ ...secret, deletedAt })
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deletedAt / 1000 }
    },
    RestoreSecret: (input) => {
      const { deletedAt: _, ...secret } = find(input)
      keep(secret)
      return { ARN: secret.arn, Name: secret.name }
    },
  }
  return {
    box: awsJson({ target: 'secretsmanager', version: '1.1' }, operations),
    set: (name, text) => {
      const { deletedAt: _, ...secret } = known(name) ?? create(name, '')
      put(secret, checked(text))
    },
    snapshot: () => [...secrets.values()],
    restore: (state) => {
      secrets.clear()
      for (const secret of state) keep(secret)
    },
  }
}

const required = (input: Input, field: string): string => {
  const value = optionalText(input, field)
  if (value === undefined || value === '')
    throw new Refusal('ValidationException', `1 validation error detected: ${field} must not be empty`)
  return value
}

const checked = (text: string): string => {
  if (Buffer.byteLength(text) > 65_536)
    throw new Refusal('ValidationException', 'SecretString: must have length less than or equal to 65536')
  return text
}

const versionId = (name: string, count: number): string => {
  const hex = createHash('sha256').update(`${name} ${count}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const described = (secret: Secret) => ({
  ARN: secret.arn,
  Name: secret.name,
  Description: secret.description,
  CreatedDate: secret.createdAt / 1000,
  LastChangedDate: secret.changedAt / 1000,
  ...(secret.deletedAt !== undefined && { DeletedDate: secret.deletedAt / 1000 }),
  VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
})

const load = (file: string): SecretsState => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const state: unknown = JSON.parse(text)
  if (!Array.isArray(state) || !state.every((secret) => isRecord(secret) && typeof secret['name'] === 'string')) {
    throw new Error(`${file}: expected the list of secrets that this program writes; move the file away to begin anew`)
  }
  return state as SecretsState
}

/** Whole or not at all, and never readable by others, also not for a moment. */
const save = (file: string, state: SecretsState): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
