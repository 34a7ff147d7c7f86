// What users write: Flux's kinds, some of Kubernetes and one of our own, read from YAML.
export { readManifests, type Manifest, type Problem, type Read, type ReadOptions } from './spec/read.ts'
export { readFiles, type SourceFile } from './spec/files.ts'
export { rolesOf, type SecretManifest, type SecretRole } from './spec/secrets.ts'
export {
  kinds,
  isKind,
  type Kind,
  type GitRepositorySpec,
  type ImagePolicySpec,
  type ImageRepositorySpec,
  type ImageUpdateAutomationSpec,
  type OidcProvider,
  type ReceiverSpec,
  type PromotionRuleSpec,
} from './spec/schemas.ts'
export { milliseconds } from './spec/duration.ts'
