// What a run of some length at the highest level must have met: a fault that is never thrown and a situation that is never reached prove
// nothing.
import type { Level } from './levels.ts'
import type { Report } from './simulate.ts'

export const faults = [
  'answer-lost',
  'clock-jump',
  'conflict',
  'death-after',
  'death-before',
  'death-late',
  'ecr-lag-confirm',
  'ecr-lag-listing',
  'event-late',
  'event-lost',
  'event-reordered',
  'event-twice',
  'hang',
  'index-lag',
  'limit',
  'message-cursed',
  'message-twice',
  'outage',
  'request-lost',
  'secrets-slow',
  'short-page',
  'slow',
  'spurious-stale',
  'storm-gitLag',
  'storm-gitLimit',
  'storm-gitOutage',
  'storm-tableThrottles',
  'throttled',
  'timeout',
  'unavailable',
  'unprocessable',
  'visibility-expired',
] as const

export const situations = [
  'apply-repeated',
  'archived',
  'automation-deleted',
  'automation-suspended',
  'branch-made',
  'budget-wait',
  'dead-letter',
  'forged',
  'head-moved',
  'head-strange',
  'intent-settled',
  'lease-overlap',
  'look-failed',
  'person-add',
  'person-beside',
  'person-by-hand',
  'person-collides',
  'person-elsewhere',
  'person-remove',
  'person-rename',
  'person-revert',
  'person-rewind',
  'person-unbranch',
  'poisoned',
  'policy-deleted',
  'pushed-again',
  'reported-again',
  'response-lost',
  'restored',
  'scan-merged',
  'selection-repaired',
  'several-files',
  'tagged-again',
  'target-handed-over',
  'target-woken',
  'verdict-doubt',
  'verdict-gone',
  'verdict-noted',
  'verdict-selected',
  'verdict-unchanged',
] as const

/** In a shorter run chance may leave something out. */
const enough = 10_000

export function missing({ pushes, selectionsChanged, faultsInjected, reached }: Report, level: Level): readonly string[] {
  const tame = pushes >= 1000 && selectionsChanged * 2 < pushes
  return [
    ...(tame ? [`${pushes} pushes changed ${selectionsChanged} selections: expected at least half as many`] : []),
    ...(level < 3 || pushes < enough
      ? []
      : [
          ...faults.filter((name) => !faultsInjected[name]).map((name) => `no fault "${name}" in ${pushes} pushes`),
          ...situations.filter((name) => !reached[name]).map((name) => `"${name}" was never reached in ${pushes} pushes`),
        ]),
  ]
}
/** Those that did not happen are told too. */
export const withZeros = (names: readonly string[], counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries([...new Set([...names, ...Object.keys(counts)])].sort().map((name) => [name, counts[name] ?? 0]))
