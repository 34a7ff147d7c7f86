// What users write: Flux's kinds, read from YAML.
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
  type ReceiverSpec,
} from './spec/schemas.ts'
export { milliseconds } from './spec/duration.ts'
