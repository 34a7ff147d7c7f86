// Fields that Flux honours, or that are planned, and this version does not. None is passed over in silence: some are refused, since without them something else
// would happen than what was asked for; of others the user is told that they change nothing.
import { ecrImage } from '../image.ts'
import type { Kind } from './schemas.ts'

interface Row {
  readonly at: readonly string[]
  /** Only such values; any, unless given. */
  readonly when?: (value: unknown, spec: unknown) => boolean
  readonly is: 'refused' | 'without-effect'
  /** After `spec.field is not supported: ` or `spec.field has no effect: `. */
  readonly why: string
}

const among =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    values.includes(String(value))

const isOfAmazon = (image: string): boolean => ecrImage(image) !== undefined || image.startsWith('public.ecr.aws/')
/** A gate that is passed over in silence is worse than none. */
const gate = (field: string, meanwhile: string): Row => ({
  at: [field],
  is: 'refused',
  why: `not in this version, which has no gates: ${meanwhile}; remove the field`,
})

export const unsupported: Readonly<Record<Kind, readonly Row[]>> = {
  ImageRepository: [
    {
      at: ['proxySecretRef'],
      is: 'without-effect',
      why: 'registries are asked directly; where that is impossible the scan fails and says so',
    },
    {
      at: ['certSecretRef'],
      is: 'without-effect',
      why: "a registry's certificate is checked against the public authorities; where that is not enough the scan fails and says so",
    },
    {
      at: ['serviceAccountName'],
      is: 'without-effect',
      why: 'there are no service accounts outside of a cluster; ECR is read with the role of tagboat, other registries with spec.secretRef',
    },
    {
      at: ['provider'],
      when: among('azure', 'gcp'),
      is: 'without-effect',
      why: 'tagboat has no identity there; the registry is asked with spec.secretRef, or without a login',
    },
    {
      at: ['provider'],
      when: (value, spec) => value === 'aws' && !isOfAmazon((spec as { image: string }).image),
      is: 'without-effect',
      why: 'the image is in no registry of AWS; the registry is asked with spec.secretRef, or without a login',
    },
    {
      at: ['secretRef'],
      when: (_, spec) => ecrImage((spec as { image: string }).image) !== undefined,
      is: 'without-effect',
      why: 'ECR is read with the role of tagboat',
    },
  ],
  ImagePolicy: [],
  ImageUpdateAutomation: [
    // The condition says it too, and the automation stalls: something else would be written than what was asked for.
    { at: ['git', 'push', 'options'], is: 'without-effect', why: 'the API of GitHub takes no push options; the automation stalls' },
  ],
  Receiver: [{ at: ['interval'], is: 'without-effect', why: 'a token that was changed is in force within a minute' }],
  GitRepository: [
    { at: ['provider'], when: among('aws', 'azure'), is: 'without-effect', why: 'tagboat writes through the API of GitHub and no other' },
  ],
  Namespace: [],
  PromotionRule: [
    gate('after', 'a tag is written without waiting for another environment'),
    gate('soak', 'a tag is written as soon as it is chosen'),
    gate('freeze', 'a tag is written at any hour'),
    gate('scan', 'a tag is written whatever its scan says'),
    gate('approvals', 'a tag is written without asking; delivery.pullRequest leaves the merge to people'),
    gate('downgrade', 'a lower tag is written as in Flux'),
    gate('revert', 'what a person reverts is written again as in Flux; suspend the automation to keep it'),
    {
      at: ['policies'],
      is: 'without-effect',
      why: 'it says which policies a gate governs, and this version has no gates; delivery governs what spec.automations selects',
    },
  ],
}

export interface Shortcoming {
  readonly path: readonly string[]
  readonly is: Row['is']
  readonly message: string
  readonly code: 'not-supported' | 'template'
}

/** What of a valid spec does not do here what it does in Flux. */
export const shortcomings = (kind: Kind, spec: unknown): readonly Shortcoming[] =>
  unsupported[kind].flatMap(({ at, when, is, why }) => {
    const value = valueAt(spec, at)
    if (value === undefined || when?.(value, spec) === false) return []
    const message = `spec.${at.join('.')} ${is === 'refused' ? 'is not supported' : 'has no effect'}: ${why}`
    return [{ path: at, is, message, code: 'not-supported' as const }]
  })

function valueAt(spec: unknown, path: readonly string[]): unknown {
  let at = spec
  for (const key of path) at = (at as Readonly<Record<string, unknown>> | undefined)?.[key]
  return at
}
