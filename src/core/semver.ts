// Versions and ranges with the meaning that Flux gives them: Masterminds/semver 3.5.0 behind Flux's own version check.
// npm's `semver` means something else by nearly every range, so nothing of it is used here (see update-kind.ts for where it is).
export { canonicalVersion, parseVersion, type Version } from './semver/version.ts'
export { compareVersions } from './semver/compare.ts'
export { parseRange, type ParsedRange, type Range } from './semver/range.ts'
export { inRange } from './semver/check.ts'
