// The pure part, for whoever wants tagboat's decisions in a program of their own.
export * from './image.ts'
export * from './markers.ts'
export { checkTemplate, defaultMessage, renderMessage, type MessageInput } from './message.ts'
export * from './plan.ts'
export * from './select.ts'
export * from './selector.ts'
export { readManifests, type Manifest, type Problem, type Read } from './spec.ts'
export { updateKind } from './update-kind.ts'
