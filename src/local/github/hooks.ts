// Webhooks, as GitHub sends them: signed over the exact bytes, numbered, once.
import { createHash, createHmac } from 'node:crypto'
import type { Box } from '../box.ts'
import { identityOf } from './access.ts'
import { isoTime } from './answers.ts'
import type { Forge, PullTold, Push } from './forge.ts'
import type { GitRepo } from './gitrepo.ts'
import { isAncestor, relate } from './history.ts'
import { ZERO } from './objects.ts'
import { repositoryShape, userShape, webOf } from './rest/shapes.ts'
import type { Places } from './rest/route.ts'

export interface Delivery {
  readonly id: string
  readonly url: string
  readonly event: string
  readonly status: number
}
export interface Hooks {
  readonly push: (push: Push) => void
  readonly pull: (told: PullTold) => void
  /** Resolves when everything sent so far has been answered. */
  readonly settled: () => Promise<readonly Delivery[]>
}

export function openHooks(forge: Forge, receiver: Box | undefined, at: Places): Hooks {
  const deliveries: Promise<Delivery>[] = []
  let count = 0
  const deliver = (gitRepo: GitRepo, event: string, payload: () => unknown) => {
    if (receiver === undefined) return
    for (const hook of gitRepo.notes.hooks) {
      if (!hook.events.includes(event) && !hook.events.includes('*')) continue
      const body = JSON.stringify(payload())
      const id = deliveryId(`${hook.id} ${++count} ${forge.options.clock.now()}`)
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/box',
        'x-github-event': event,
        'x-github-delivery': id,
        'x-github-hook-id': String(hook.id),
        'x-hub-signature': `sha1=${createHmac('sha1', hook.secret).update(body).digest('hex')}`,
        'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
      }
      // GitHub does not send again what failed.
      const sent = receiver(new Request(hook.url, { method: 'POST', body, headers })).then(
        (response) => ({ id, url: hook.url, event, status: response.status }),
        () => ({ id, url: hook.url, event, status: 0 }),
      )
      deliveries.push(sent)
    }
  }
  return {
    push: (push) => deliver(push.gitRepo, 'push', () => pushPayload(push, at)),
    pull: (told) => deliver(told.gitRepo, 'pull_request', () => pullPayload(told, at)),
    settled: () => Promise.all(deliveries),
  }
}
function deliveryId(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function pushPayload({ gitRepo, ref, before, after, by }: Push, at: Places) {
  const web = webOf(at, gitRepo)
  const { git } = gitRepo
  const isBranch = ref.startsWith('refs/heads/') && after !== null && git.commit(after) !== undefined
  const shape = (oid: string) => {
    const commit = git.commit(oid)
    if (commit === undefined) return null
    const person = (stamp: { readonly name: string; readonly email: string }) => ({ name: stamp.name, email: stamp.email })
    return {
      id: oid,
      tree_id: commit.tree,
      distinct: true,
      message: commit.message.trimEnd(),
      timestamp: isoTime(commit.committer.at * 1000),
      url: `${web}/commit/${oid}`,
      author: person(commit.author),
      committer: person(commit.committer),
    }
  }
  const fresh =
    isBranch && before !== null && git.commit(before) !== undefined ? relate(git, before, after).ahead.map(({ oid }) => shape(oid)) : []
  return {
    ref,
    before: before ?? ZERO,
    after: after ?? ZERO,
    created: before === null,
    deleted: after === null,
    forced: isBranch && before !== null && !isAncestor(git, before, after),
    base_ref: null,
    compare: `${web}/compare/${(before ?? ZERO).slice(0, 12)}...${(after ?? ZERO).slice(0, 12)}`,
    commits: fresh,
    head_commit: isBranch ? shape(after) : null,
    repository: repositoryShape(at, gitRepo),
    pusher: { name: by, email: identityOf(by).email },
    sender: userShape(at, identityOf(by)),
  }
}
function pullPayload({ gitRepo, pull, action }: PullTold, at: Places) {
  const web = webOf(at, gitRepo)
  const end = (ref: string, sha: string) => ({ ref, sha, label: `${gitRepo.notes.owner}:${ref}`, repo: repositoryShape(at, gitRepo) })
  return {
    action,
    number: pull.number,
    pull_request: {
      id: pull.id,
      number: pull.number,
      state: pull.state,
      title: pull.title,
      body: pull.body,
      draft: pull.draft,
      merged: pull.mergedAt !== null,
      merge_commit_sha: pull.mergeCommit,
      html_url: `${web}/pull/${pull.number}`,
      user: userShape(at, identityOf(pull.by)),
      head: end(pull.head, pull.headSha),
      base: end(pull.base, gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha),
    },
    repository: repositoryShape(at, gitRepo),
    sender: userShape(at, identityOf(pull.by)),
  }
}
