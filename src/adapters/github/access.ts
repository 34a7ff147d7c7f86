// What stands between us and a commit on a branch, as far as GitHub tells without one being tried.
import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { BranchAccess, GitPlace } from '../../ports.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

const Repository = v.looseObject({
  archived: v.optional(v.boolean(), false),
  permissions: v.optional(v.looseObject({ push: v.optional(v.boolean()) })),
})
const Rules = v.array(v.looseObject({ type: v.string(), ruleset_id: v.optional(v.number()) }))
const Ruleset = v.looseObject({ name: v.string(), current_user_can_bypass: v.optional(v.string()) })

/** These let no commit through that is made on the branch itself; others ask something of a commit, or of who removes the branch. */
const blocking: ReadonlySet<string> = new Set([
  'update',
  'pull_request',
  'merge_queue',
  'required_status_checks',
  'required_deployments',
  'workflows',
  'code_scanning',
])

export async function access(
  github: Client,
  place: GitPlace,
  { branch, isApp }: { readonly branch: string; readonly isApp: boolean },
): Promise<BranchAccess> {
  const named = { owner: place.owner, repo: place.repository }
  const doing = `asking what may be done to ${nameOf(place)}`
  const repository = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}', { ...named, ...asking }),
  )
  const { archived, permissions } = parsed(Repository, repository.data, doing)
  const ruled = `asking for the rules of branch ${branch} of ${nameOf(place)}`
  const rules = await github.read(place, ruled, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/rules/branches/{branch}', { ...named, branch, per_page: 100, ...asking }),
  )
  const blockers = new Map<number, string[]>()
  for (const { type, ruleset_id: id = 0 } of parsed(Rules, rules.data, ruled))
    if (blocking.has(type)) blockers.set(id, [...(blockers.get(id) ?? []), type])
  const found: { ruleset: string; rules: readonly string[] }[] = []
  for (const [id, types] of blockers) {
    const ruleset = await rulesetOf(id)
    // `exempt` is never asked at all; who may bypass in pull requests alone does not bypass here.
    if (ruleset?.current_user_can_bypass !== 'always' && ruleset?.current_user_can_bypass !== 'exempt')
      found.push({ ruleset: ruleset?.name ?? String(id), rules: types })
  }
  const date = Date.parse(rules.headers.date ?? '')
  return {
    archived,
    // Of an App, GitHub says here what a person could do; its token was made for exactly what it needs, or refused.
    canPush: isApp || (permissions?.push ?? true),
    blockers: found,
    ...(Number.isFinite(date) && { hostTime: date }),
  }

  async function rulesetOf(id: number): Promise<v.InferOutput<typeof Ruleset> | undefined> {
    const asked = `asking for ruleset ${id} of ${nameOf(place)}`
    try {
      const answer = await github.read(place, asked, async (kit, asking) =>
        kit.request('GET /repos/{owner}/{repo}/rulesets/{ruleset_id}', { ...named, ruleset_id: id, ...asking }),
      )
      return parsed(Ruleset, answer.data, asked)
    } catch (error) {
      // An organisation's, which not everybody may see: it governs all the same.
      if (error instanceof Failure && (error.code === 'git-not-found' || error.code === 'git-denied')) return undefined
      throw error
    }
  }
}
