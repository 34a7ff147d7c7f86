// The door of the package for CDK apps.
export { alarms, type AlarmName } from './alarms.ts'
export { ImagePromoter, type ImagePromoterProps } from './image-promoter.ts'
export { EcrForwarder, type EcrForwarderProps } from './ecr-forwarder.ts'
export type { EcrSources } from './sources.ts'
