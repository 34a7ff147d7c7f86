// Repository rules: what may happen to a branch, and to whom it does not apply.
import type { Actor } from './access.ts'
import { diffTrees } from './git.ts'
import type { GitRepo } from './gitrepo.ts'
import { isAncestor, relate } from './history.ts'
import type { KnownKeys } from './signing.ts'
import { verify } from './signing.ts'

export interface Ruleset {
  readonly id: number
  readonly name: string
  /** `~ALL`, `~DEFAULT_BRANCH`, or full ref patterns with `*` and `**`. */
  readonly branches: readonly string[]
  readonly rules: readonly Rule[]
  /** Ids of apps and logins of people. */
  readonly bypass: readonly (number | string)[]
}
export type Rule =
  | { readonly type: 'creation' | 'update' | 'deletion' | 'non_fast_forward' | 'required_signatures' | 'required_linear_history' }
  | { readonly type: 'pull_request'; readonly parameters: { readonly required_approving_review_count: number } }
  | {
      readonly type: 'required_status_checks'
      readonly parameters: { readonly required_status_checks: readonly { readonly context: string }[] }
    }
  | { readonly type: 'file_path_restriction'; readonly parameters: { readonly restricted_file_paths: readonly string[] } }
  | { readonly type: 'merge_queue' }

export function rulesFor(gitRepo: GitRepo, ref: string): readonly { readonly ruleset: Ruleset; readonly rule: Rule }[] {
  const { notes } = gitRepo
  const governs = (pattern: string) =>
    pattern === '~ALL' || (pattern === '~DEFAULT_BRANCH' ? ref === `refs/heads/${notes.defaultBranch}` : matches(pattern, ref))
  if (!ref.startsWith('refs/heads/')) return []
  return notes.rulesets
    .filter(({ branches }) => branches.some(governs))
    .flatMap((ruleset) => ruleset.rules.map((rule) => ({ ruleset, rule })))
}

export interface Step {
  readonly ref: string
  readonly before: string | null
  readonly after: string | null
  /** It comes through a pull request that may be merged. */
  readonly merging?: boolean
}
/** GitHub's sentences about what is against the rules. */
export function violations(gitRepo: GitRepo, actor: Actor, step: Step, knownKeys: KnownKeys): readonly string[] {
  const applying = rulesFor(gitRepo, step.ref).filter(({ ruleset }) => !bypasses(actor, ruleset))
  return applying.flatMap(({ rule }) => broken(gitRepo, rule, step, knownKeys) ?? [])
}
export const bypasses = (actor: Actor, ruleset: Ruleset) =>
  (actor.kind === 'installation' && ruleset.bypass.includes(actor.installation.app.id)) ||
  (actor.kind === 'person' && ruleset.bypass.includes(actor.login))

function broken(gitRepo: GitRepo, rule: Rule, step: Step, knownKeys: KnownKeys): string | undefined {
  const { before, after, merging = false } = step
  const say = (bad: boolean, sentence: string) => (bad ? sentence : undefined)
  const fresh = () => (after === null ? [] : before === null ? [] : relate(gitRepo.git, before, after).ahead)
  switch (rule.type) {
    case 'creation':
      return say(before === null, 'Cannot create ref due to creations being restricted.')
    case 'deletion':
      return say(after === null, 'Cannot delete this branch')
    case 'update':
      return say(before !== null && after !== null && !merging, 'Cannot update this protected ref.')
    case 'non_fast_forward':
      return say(before !== null && after !== null && !isAncestor(gitRepo.git, before, after), 'Cannot force-push to this branch')
    case 'required_signatures':
      return say(!fresh().every(({ commit }) => verify(commit, knownKeys).verified), 'Commits must have verified signatures.')
    case 'required_linear_history':
      return say(
        fresh().some(({ commit }) => commit.parents.length > 1),
        'This branch must not contain merge commits.',
      )
    case 'pull_request':
      return say(after !== null && before !== null && !merging, 'Changes must be made through a pull request.')
    case 'merge_queue':
      return say(after !== null && before !== null && !merging, 'Changes must be made through the merge queue')
    case 'required_status_checks': {
      const wanted = rule.parameters.required_status_checks
      const missing = wanted.filter(({ context }) => after !== null && latestState(gitRepo, after, context) !== 'success')
      return say(
        after !== null && before !== null && !merging && missing.length > 0,
        `${missing.length} of ${wanted.length} required status checks are expected.`,
      )
    }
    case 'file_path_restriction': {
      const tree = (oid: string | null) => (oid === null ? undefined : gitRepo.git.commit(oid)?.tree)
      const paths = [...diffTrees(gitRepo.git, tree(before), tree(after))].map(({ path }) => path)
      return say(
        paths.some((path) => rule.parameters.restricted_file_paths.some((pattern) => matches(pattern, path))),
        'File path is restricted',
      )
    }
  }
}

export function latestState(gitRepo: GitRepo, sha: string, context: string): string | undefined {
  return gitRepo.notes.statuses.findLast((status) => status.sha === sha && status.context === context)?.state
}

// `*` stays within a folder, `**` does not, as in Ruby's fnmatch, which GitHub uses.
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/?|\*|\?/g, (star) => (star.startsWith('**') ? '.*' : star === '*' ? '[^/]*' : '[^/]'))
  return new RegExp(`^${source}$`).test(text)
}
