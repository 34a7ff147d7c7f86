// What a target's next look would commit, and nothing written anywhere.
import { decide, type Plan } from '../core/plan.ts'
import { Failure } from '../core/failure.ts'
import type { TargetId } from '../core/state.ts'
import type { World } from '../ports.ts'
import { configured, readGit, situation } from './gather.ts'

export interface Preview {
  readonly target: TargetId
  readonly head: string
  readonly plan: Plan
  /** The files as they stand, by path. */
  readonly before: ReadonlyMap<string, Uint8Array>
}

export async function preview(target: TargetId, world: Pick<World, 'git' | 'store' | 'memory' | 'clock'>): Promise<Preview> {
  const config = await configured({ id: target, intents: [] }, world)
  if (!config.place)
    throw new Failure('no-automation', `no automation writes to ${target.owner}/${target.repository} branch ${target.branch}`)
  // What a pull request would bring is told from its base.
  const from = config.proposal ? { ...target, branch: config.proposal.base } : target
  const answer = await readGit({ ...config, target: from, place: config.place }, { believe: false }, world)
  if (!answer.read)
    throw new Failure(
      answer.why === 'no-branch' ? 'git-branch-gone' : 'git-not-found',
      `${target.owner}/${target.repository} branch ${target.branch}: ${answer.why}`,
    )
  const facts = await situation({ ...config, place: config.place }, answer.reading, world)
  const before = new Map(facts.automations.flatMap(({ files }) => files.map(({ path, bytes }) => [path, bytes] as const)))
  return { target, head: answer.reading.head, plan: decide(facts), before }
}
