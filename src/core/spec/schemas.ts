// The kinds, as Flux's CRDs have them. What users write is strict: an unknown field is a typo until proven otherwise.
import * as v from 'valibot'

const duration = (units: string) =>
  v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^([0-9]+(\\.[0-9]+)?(${units}))+$`),
      (issue) => `expected a duration such as "5m" or "1h30m", got ${issue.received}`,
    ),
  )
const Interval = duration('ms|s|m|h')
const Timeout = duration('ms|s|m')
const Name = v.pipe(v.string(), v.minLength(1, 'expected a name, got ""'), v.maxLength(253))
const Local = v.strictObject({ name: Name })
const Labels = v.record(v.string(), v.string())

export const ImageRepositorySpec = v.strictObject({
  image: v.string(),
  interval: Interval,
  timeout: v.optional(Timeout),
  secretRef: v.optional(Local),
  proxySecretRef: v.optional(Local),
  certSecretRef: v.optional(Local),
  serviceAccountName: v.optional(v.pipe(v.string(), v.maxLength(253))),
  suspend: v.optional(v.boolean()),
  accessFrom: v.optional(v.strictObject({ namespaceSelectors: v.array(v.strictObject({ matchLabels: v.optional(Labels) })) })),
  exclusionList: v.optional(v.pipe(v.array(v.string()), v.maxLength(25))),
  provider: v.optional(v.picklist(['generic', 'aws', 'azure', 'gcp'])),
  insecure: v.optional(v.boolean()),
})
export type ImageRepositorySpec = v.InferOutput<typeof ImageRepositorySpec>

const Order = v.optional(v.picklist(['asc', 'desc']))
export const ImagePolicySpec = v.pipe(
  v.strictObject({
    imageRepositoryRef: v.strictObject({ name: Name, namespace: v.optional(v.string()) }),
    policy: v.strictObject({
      semver: v.optional(v.strictObject({ range: v.string() })),
      alphabetical: v.optional(v.strictObject({ order: Order })),
      numerical: v.optional(v.strictObject({ order: Order })),
    }),
    filterTags: v.optional(v.strictObject({ pattern: v.optional(v.string()), extract: v.optional(v.string()) })),
    digestReflectionPolicy: v.optional(v.picklist(['Always', 'IfNotPresent', 'Never'])),
    interval: v.optional(Interval),
    suspend: v.optional(v.boolean()),
  }),
  v.check(
    (spec) => spec.interval === undefined || spec.digestReflectionPolicy === 'Always',
    "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
  ),
  v.check(
    (spec) => spec.interval !== undefined || spec.digestReflectionPolicy !== 'Always',
    "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
  ),
)
export type ImagePolicySpec = v.InferOutput<typeof ImagePolicySpec>

const GitRef = v.strictObject({
  branch: v.optional(v.string()),
  tag: v.optional(v.string()),
  semver: v.optional(v.string()),
  name: v.optional(v.string()),
  commit: v.optional(v.string()),
})
const Expression = v.strictObject({ key: v.string(), operator: v.string(), values: v.optional(v.array(v.string())) })
export const ImageUpdateAutomationSpec = v.strictObject({
  sourceRef: v.strictObject({
    apiVersion: v.optional(v.string()),
    kind: v.optional(v.literal('GitRepository')),
    name: Name,
    namespace: v.optional(v.string()),
  }),
  git: v.optional(
    v.strictObject({
      checkout: v.optional(v.strictObject({ ref: GitRef })),
      commit: v.strictObject({
        author: v.strictObject({ email: v.string(), name: v.optional(v.string()) }),
        signingKey: v.optional(v.strictObject({ secretRef: Local, type: v.optional(v.picklist(['gpg', 'ssh'])) })),
        messageTemplate: v.optional(v.string()),
        messageTemplateValues: v.optional(v.record(v.string(), v.string())),
      }),
      push: v.optional(
        v.strictObject({
          branch: v.optional(v.string()),
          refspec: v.optional(v.string()),
          options: v.optional(v.record(v.string(), v.string())),
        }),
      ),
    }),
  ),
  interval: Interval,
  policySelector: v.optional(v.strictObject({ matchLabels: v.optional(Labels), matchExpressions: v.optional(v.array(Expression)) })),
  update: v.optional(v.strictObject({ strategy: v.optional(v.literal('Setters')), path: v.optional(v.string()) })),
  suspend: v.optional(v.boolean()),
})
export type ImageUpdateAutomationSpec = v.InferOutput<typeof ImageUpdateAutomationSpec>

export const GitRepositorySpec = v.strictObject({
  url: v.pipe(
    v.string(),
    v.regex(/^(http|https|ssh):\/\/.*$/, (issue) => `expected a URL that starts with http://, https:// or ssh://, got ${issue.received}`),
  ),
  interval: Interval,
  ref: v.optional(GitRef),
  secretRef: v.optional(Local),
  provider: v.optional(v.picklist(['generic', 'aws', 'azure', 'github'])),
  timeout: v.optional(Timeout),
  suspend: v.optional(v.boolean()),
  proxySecretRef: v.optional(Local),
  // Of use to whoever builds artifacts from the repository, not to us.
  ignore: v.optional(v.string()),
  include: v.optional(v.unknown()),
  recurseSubmodules: v.optional(v.boolean()),
  serviceAccountName: v.optional(v.string()),
  sparseCheckout: v.optional(v.array(v.string())),
  verify: v.optional(v.unknown()),
})
export type GitRepositorySpec = v.InferOutput<typeof GitRepositorySpec>

const image = 'image.toolkit.fluxcd.io'
const source = 'source.toolkit.fluxcd.io'
/** Every kind that is understood, with the API groups and versions under which people have it. */
export const kinds = {
  ImageRepository: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImageRepositorySpec },
  ImagePolicy: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImagePolicySpec },
  ImageUpdateAutomation: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImageUpdateAutomationSpec },
  GitRepository: { group: source, versions: ['v1', 'v1beta2', 'v1beta1'], schema: GitRepositorySpec },
} as const
export type Kind = keyof typeof kinds
export const isKind = (kind: string): kind is Kind => Object.hasOwn(kinds, kind)
