// Which tag a policy selects, exactly as Flux would: from a whole list, or from what is known and one tag more or less.
export {
  compileRule,
  defaultExclusionList,
  type CompiledRule,
  type PolicyChoice,
  type Reason,
  type Refused,
  type Rule,
} from './select/rule.ts'
export { selectTag, standingOf, type Selected, type Standing } from './select/choose.ts'
export { judgeDelete, judgePush, type Verdict } from './select/judge.ts'
export { explainTag, type Explained } from './select/explain.ts'
export { latestTags, scannedTags, scanRevision, type Scanned } from './select/scan.ts'
export { parseFloat64 } from './select/parse-float.ts'
