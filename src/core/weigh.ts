// What one signal means for one policy: a pure answer, so that evaluate only has to carry it out.
import type { Signal } from './signal.ts'
import { judgeDelete, judgePush, type CompiledRule, type Standing } from './select.ts'
import type { Noted, Selection, Watch } from './state.ts'

export type Weighed =
  /** The selection was judged under a newer configuration than the one we read. */
  | { readonly so: 'read-again' }
  /** We cannot know from here: write the doubt down and ask for a scan. */
  | { readonly so: 'doubt'; readonly why: string }
  /** A scan is under way: its write must fail and merge this. */
  | { readonly so: 'note'; readonly noted: Noted }
  /** Nothing changes, but somebody may be about to choose this tag: make their write fail. */
  | { readonly so: 'touch' }
  /** If the registry says that the tag is there, this is the new standing. */
  | { readonly so: 'confirm'; readonly standing: Standing }
  | { readonly so: 'nothing' }

export function weigh(signal: Pick<Signal, 'is' | 'tag' | 'at'>, watch: Watch, selection: Selection, rule: CompiledRule): Weighed {
  if (watch.generation < selection.generation) return { so: 'read-again' }
  // Also under a newer configuration: the scan that was asked for reads the newest.
  if (selection.doubt) return { so: 'note', noted: { is: signal.is, tag: signal.tag, at: signal.at } }
  if (watch.generation > selection.generation) return { so: 'doubt', why: 'configuration-changed' }
  return signal.is === 'push' ? weighPush(signal.tag, watch, selection, rule) : weighDelete(signal.tag, selection, rule)
}

function weighPush(tag: string, watch: Watch, selection: Selection, rule: CompiledRule): Weighed {
  const verdict = judgePush(selection, tag, rule)
  if (verdict.is === 'cannot-tell') return { so: 'doubt', why: verdict.why }
  if (verdict.is === 'would-change') return { so: 'confirm', standing: verdict.to }
  // The chosen tag was pushed again: its digest may be another one.
  const reflects = watch.digest === 'Always' || (watch.digest === 'IfNotPresent' && !selection.latestRef?.digest)
  return tag === selection.best && reflects ? { so: 'confirm', standing: selection } : { so: 'nothing' }
}

function weighDelete(tag: string, selection: Selection, rule: CompiledRule): Weighed {
  const verdict = judgeDelete(selection, tag, rule)
  if (verdict.is !== 'unchanged') return { so: 'doubt', why: verdict.is === 'cannot-tell' ? verdict.why : 'deleted' }
  return judgePush(selection, tag, rule).is === 'unchanged' ? { so: 'nothing' } : { so: 'touch' }
}
