// What users write: Flux's kinds and one of our own, read from YAML.
export { readManifests, type Manifest, type Problem, type Read } from './spec/read.ts'
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
