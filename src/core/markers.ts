// Markers: the comments that tie a YAML field to a policy. Find them as Flux does, decide what Flux would write, and change nothing else.
export { type Caution, type Change, editFile, type FileEdit, findMarkers, type Found, lookForMarkers, type Marker } from './markers/edit.ts'
export type { ObjectId, SkipCode } from './markers/documents.ts'
export { maxBytes } from './markers/documents.ts'
export { isCandidate, mayHoldMarkers } from './markers/screen.ts'
export { type PolicyRef, prepare, type Prepared, type Setting } from './markers/setting.ts'
export {
  type Checkout,
  checkoutOf,
  clampPath,
  type EditedFile,
  type Entry,
  type FileChange,
  type ScreenedFile,
  type Screening,
  screenTree,
  type TreeUpdate,
  updateTree,
  type Walk,
  walkTree,
} from './markers/tree.ts'
