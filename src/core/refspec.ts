// `spec.git.push.refspec`: after the branch itself, another ref is moved to the same commit.
import { checkoutOf, pushBranchOf } from './checkout.ts'
import type { GitRepositorySpec, ImageUpdateAutomationSpec } from './spec.ts'

export interface AlsoPushed {
  /** Whole, from `refs/` on. */
  readonly ref: string
  /** Also where that ref holds commits that ours does not build upon. */
  readonly force: boolean
}
export type Refspec = { readonly ok: true; readonly also?: AlsoPushed } | { readonly ok: false; readonly problem: string }

/** What of it the API of GitHub can do: the commit just made, to one ref by its whole name. */
export function refspecOf(automation: ImageUpdateAutomationSpec, source: GitRepositorySpec): Refspec {
  const refspec = automation.git?.push?.refspec
  const branch = pushBranchOf(automation, source)
  if (!refspec || !branch) return { ok: true }
  const [from = '', ref = '', ...more] = refspec.replace(/^\+/, '').split(':')
  const refused = (met: string): Refspec => ({
    ok: false,
    problem: `spec.git.push.refspec "${refspec}": ${met}; expected HEAD or refs/heads/${branch}, a colon, and the whole name of a ref, such as "refs/heads/${branch}:refs/heads/deployed"`,
  })
  if (more.length > 0 || from === '' || ref === '' || refspec.includes('*')) return refused('only one commit can go to one ref')
  if (from !== 'HEAD' && from !== `refs/heads/${branch}`) return refused(`only what is pushed to ${branch} can go to another ref, too`)
  if (!/^refs\/[^/]+\/[^/]/.test(ref)) return refused(`"${ref}" is no whole name of a ref`)
  if (ref === `refs/heads/${branch}`) return { ok: true }
  // As in Flux, a push to another branch than the one that is checked out is forced, and this one goes the same way.
  const start = checkoutOf(automation, source)
  return { ok: true, also: { ref, force: refspec.startsWith('+') || start.is !== 'branch' || start.name !== branch } }
}
