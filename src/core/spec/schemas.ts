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
  timeout: v.exactOptional(Timeout),
  secretRef: v.exactOptional(Local),
  proxySecretRef: v.exactOptional(Local),
  certSecretRef: v.exactOptional(Local),
  serviceAccountName: v.exactOptional(v.pipe(v.string(), v.maxLength(253))),
  suspend: v.exactOptional(v.boolean()),
  accessFrom: v.exactOptional(v.strictObject({ namespaceSelectors: v.array(v.strictObject({ matchLabels: v.exactOptional(Labels) })) })),
  exclusionList: v.exactOptional(v.pipe(v.array(v.string()), v.maxLength(25))),
  provider: v.exactOptional(v.picklist(['generic', 'aws', 'azure', 'gcp'])),
  insecure: v.exactOptional(v.boolean()),
})
export type ImageRepositorySpec = v.InferOutput<typeof ImageRepositorySpec>

const Order = v.exactOptional(v.picklist(['asc', 'desc']))
export const ImagePolicySpec = v.pipe(
  v.strictObject({
    imageRepositoryRef: v.strictObject({ name: Name, namespace: v.exactOptional(v.string()) }),
    policy: v.strictObject({
      semver: v.exactOptional(v.strictObject({ range: v.string() })),
      alphabetical: v.exactOptional(v.strictObject({ order: Order })),
      numerical: v.exactOptional(v.strictObject({ order: Order })),
    }),
    filterTags: v.exactOptional(v.strictObject({ pattern: v.exactOptional(v.string()), extract: v.exactOptional(v.string()) })),
    digestReflectionPolicy: v.exactOptional(v.picklist(['Always', 'IfNotPresent', 'Never'])),
    interval: v.exactOptional(Interval),
    suspend: v.exactOptional(v.boolean()),
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
  branch: v.exactOptional(v.string()),
  tag: v.exactOptional(v.string()),
  semver: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  commit: v.exactOptional(v.string()),
})
const Expression = v.strictObject({ key: v.string(), operator: v.string(), values: v.exactOptional(v.array(v.string())) })
const Selector = v.strictObject({ matchLabels: v.exactOptional(Labels), matchExpressions: v.exactOptional(v.array(Expression)) })
export const ImageUpdateAutomationSpec = v.strictObject({
  sourceRef: v.strictObject({
    apiVersion: v.exactOptional(v.string()),
    kind: v.exactOptional(v.literal('GitRepository')),
    name: Name,
    namespace: v.exactOptional(v.string()),
  }),
  git: v.exactOptional(
    v.strictObject({
      checkout: v.exactOptional(v.strictObject({ ref: GitRef })),
      commit: v.strictObject({
        author: v.strictObject({ email: v.string(), name: v.exactOptional(v.string()) }),
        signingKey: v.exactOptional(v.strictObject({ secretRef: Local, type: v.exactOptional(v.picklist(['gpg', 'ssh'])) })),
        messageTemplate: v.exactOptional(v.string()),
        messageTemplateValues: v.exactOptional(v.record(v.string(), v.string())),
      }),
      push: v.exactOptional(
        v.strictObject({
          branch: v.exactOptional(v.string()),
          refspec: v.exactOptional(v.string()),
          options: v.exactOptional(v.record(v.string(), v.string())),
        }),
      ),
    }),
  ),
  interval: Interval,
  policySelector: v.exactOptional(Selector),
  update: v.exactOptional(v.strictObject({ strategy: v.exactOptional(v.literal('Setters')), path: v.exactOptional(v.string()) })),
  suspend: v.exactOptional(v.boolean()),
})
export type ImageUpdateAutomationSpec = v.InferOutput<typeof ImageUpdateAutomationSpec>

export const GitRepositorySpec = v.pipe(
  v.strictObject({
    url: v.pipe(
      v.string(),
      v.regex(/^(http|https|ssh):\/\/.*$/, (issue) => `expected a URL that starts with http://, https:// or ssh://, got ${issue.received}`),
    ),
    interval: Interval,
    ref: v.exactOptional(GitRef),
    secretRef: v.exactOptional(Local),
    provider: v.exactOptional(v.picklist(['generic', 'aws', 'azure', 'github'])),
    timeout: v.exactOptional(Timeout),
    suspend: v.exactOptional(v.boolean()),
    proxySecretRef: v.exactOptional(Local),
    // Of use to whoever builds artifacts from the repository, not to us.
    ignore: v.exactOptional(v.string()),
    include: v.exactOptional(
      v.array(v.strictObject({ repository: Local, fromPath: v.exactOptional(v.string()), toPath: v.exactOptional(v.string()) })),
    ),
    recurseSubmodules: v.exactOptional(v.boolean()),
    serviceAccountName: v.exactOptional(v.string()),
    sparseCheckout: v.exactOptional(v.array(v.string())),
    verify: v.exactOptional(v.strictObject({ mode: v.exactOptional(v.picklist(['head', 'HEAD', 'Tag', 'TagAndHEAD'])), secretRef: Local })),
  }),
  v.check(
    (spec) => spec.serviceAccountName === undefined || spec.provider === 'azure' || spec.provider === 'aws',
    "serviceAccountName can only be set when provider is 'azure' or 'aws'",
  ),
)
export type GitRepositorySpec = v.InferOutput<typeof GitRepositorySpec>

const Cel = v.pipe(v.string(), v.minLength(1, 'expected an expression, got ""'))
const OidcProvider = v.strictObject({
  issuerURL: v.pipe(
    v.string(),
    v.regex(/^https?:\/\//, (issue) => `expected a URL that starts with https:// or http://, got ${issue.received}`),
  ),
  audience: v.exactOptional(v.string()),
  variables: v.exactOptional(v.array(v.strictObject({ name: v.string(), expression: Cel }))),
  validations: v.pipe(
    v.array(v.strictObject({ expression: Cel, message: v.string() })),
    v.minLength(1, 'expected at least one validation: a valid signature alone lets in everybody whom the issuer knows'),
  ),
})
export type OidcProvider = v.InferOutput<typeof OidcProvider>

export const receiverTypes = [
  'generic',
  'generic-hmac',
  'generic-oidc',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
  'cdevents',
] as const

export const ReceiverSpec = v.pipe(
  v.strictObject({
    type: v.picklist(receiverTypes),
    interval: v.exactOptional(Interval),
    events: v.exactOptional(v.array(v.string())),
    resources: v.array(
      v.strictObject({
        apiVersion: v.exactOptional(v.string()),
        kind: v.picklist([
          'Bucket',
          'GitRepository',
          'Kustomization',
          'HelmRelease',
          'HelmChart',
          'HelmRepository',
          'ImageRepository',
          'ImagePolicy',
          'ImageUpdateAutomation',
          'OCIRepository',
          'ArtifactGenerator',
          'ExternalArtifact',
        ]),
        name: Name,
        namespace: v.exactOptional(Name),
        matchLabels: v.exactOptional(Labels),
        filter: v.exactOptional(v.string()),
      }),
    ),
    resourceFilter: v.exactOptional(v.string()),
    secretRef: v.exactOptional(Local),
    oidcProviders: v.exactOptional(
      v.pipe(
        v.array(OidcProvider),
        v.check(
          (providers) => new Set(providers.map(({ issuerURL }) => issuerURL)).size === providers.length,
          'expected each issuerURL once, got one twice',
        ),
      ),
    ),
    suspend: v.exactOptional(v.boolean()),
  }),
  v.check(
    ({ type, oidcProviders = [] }) => type !== 'generic-oidc' || oidcProviders.length > 0,
    'generic-oidc receivers must define at least one oidcProvider',
  ),
  v.check(
    ({ type, oidcProviders = [] }) => type === 'generic-oidc' || oidcProviders.length === 0,
    'oidcProviders can only be set when type is generic-oidc',
  ),
  v.check(({ type, secretRef }) => type !== 'generic-oidc' || secretRef === undefined, 'secretRef cannot be set when type is generic-oidc'),
  v.check(
    ({ type, secretRef }) => type === 'generic-oidc' || secretRef !== undefined,
    'secretRef is required when type is not generic-oidc',
  ),
)
export type ReceiverSpec = v.InferOutput<typeof ReceiverSpec>

/** Of a Namespace only its labels count, which are no part of its spec. */
export const NamespaceSpec = v.strictObject({ finalizers: v.exactOptional(v.array(v.string())) })
export type NamespaceSpec = v.InferOutput<typeof NamespaceSpec>

const Label = v.pipe(v.string(), v.minLength(1, 'expected a label, got ""'), v.maxLength(50))
const Reviewer = v.pipe(
  v.string(),
  v.regex(
    /^(team:)?[A-Za-z0-9][A-Za-z0-9_-]*$/,
    (issue) => `expected a login such as "octocat" or a team such as "team:platform", got ${issue.received}`,
  ),
)
/** What Flux lacks. Gates are known by name, so that each is refused with its reason and none is taken for a typo. */
export const PromotionRuleSpec = v.strictObject({
  automations: v.exactOptional(Selector),
  delivery: v.exactOptional(
    v.strictObject({
      commitAs: v.exactOptional(v.picklist(['app', 'author'])),
      pullRequest: v.exactOptional(
        v.strictObject({
          title: v.exactOptional(v.string()),
          body: v.exactOptional(v.string()),
          labels: v.exactOptional(v.array(Label)),
          reviewers: v.exactOptional(v.array(Reviewer)),
          draft: v.exactOptional(v.boolean()),
          autoMerge: v.exactOptional(v.union([v.boolean(), v.array(v.picklist(['patch', 'minor', 'major']))])),
          mergeMethod: v.exactOptional(v.picklist(['merge', 'squash', 'rebase'])),
        }),
      ),
    }),
  ),
  policies: v.exactOptional(Selector),
  after: v.exactOptional(v.unknown()),
  soak: v.exactOptional(v.unknown()),
  freeze: v.exactOptional(v.unknown()),
  scan: v.exactOptional(v.unknown()),
  approvals: v.exactOptional(v.unknown()),
  downgrade: v.exactOptional(v.unknown()),
  revert: v.exactOptional(v.unknown()),
})
export type PromotionRuleSpec = v.InferOutput<typeof PromotionRuleSpec>

const image = 'image.toolkit.fluxcd.io'
const source = 'source.toolkit.fluxcd.io'
/** Every kind that is understood, with the API groups and versions under which people have it. */
export const kinds = {
  ImageRepository: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImageRepositorySpec },
  ImagePolicy: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImagePolicySpec },
  ImageUpdateAutomation: { group: image, versions: ['v1', 'v1beta2', 'v1beta1'], schema: ImageUpdateAutomationSpec },
  GitRepository: { group: source, versions: ['v1', 'v1beta2', 'v1beta1'], schema: GitRepositorySpec },
  Receiver: { group: 'notification.toolkit.fluxcd.io', versions: ['v1', 'v1beta3', 'v1beta2', 'v1beta1'], schema: ReceiverSpec },
  Namespace: { group: '', versions: ['v1'], schema: NamespaceSpec },
  PromotionRule: { group: 'tagboat.dev', versions: ['v1'], schema: PromotionRuleSpec },
} as const
export type Kind = keyof typeof kinds
export const isKind = (kind: string): kind is Kind => Object.hasOwn(kinds, kind)
