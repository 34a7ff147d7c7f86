import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { Difference, GitPlace } from '../../ports.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

/** GitHub names that many files of a comparison, all on its first page, and does not say whether there were more. */
const MOST_FILES = 300

const Comparison = v.looseObject({
  status: v.string(),
  files: v.optional(
    v.array(
      v.looseObject({ filename: v.string(), status: v.string(), sha: v.nullish(v.string()), previous_filename: v.optional(v.string()) }),
    ),
    [],
  ),
})
type Changed = v.InferOutput<typeof Comparison>['files'][number]

export async function difference(github: Client, place: GitPlace, from: string, to: string): Promise<Difference> {
  if (from === to) return { complete: true, changed: [] }
  const comparison = await compare(github, place, `${from}...${to}`)
  if (comparison === undefined) return { complete: false, why: 'unknown-commit' }
  if (comparison.status === 'identical') return { complete: true, changed: [] }
  // GitHub compares with the common ancestor: only if that is `from` itself is this the difference that was asked for.
  if (comparison.status !== 'ahead') return { complete: false, why: 'diverged' }
  if (comparison.files.length >= MOST_FILES || comparison.files.some(unnamed)) return { complete: false, why: 'too-large' }
  return { complete: true, changed: comparison.files.flatMap(changesOf) }
}

const unnamed = (file: Changed): boolean => file.status !== 'removed' && typeof file.sha !== 'string'

function changesOf(file: Changed): readonly { readonly path: string; readonly blob: string | null }[] {
  if (file.status === 'unchanged') return []
  const now = { path: file.filename, blob: file.status === 'removed' ? null : (file.sha ?? null) }
  return file.status === 'renamed' && file.previous_filename !== undefined ? [{ path: file.previous_filename, blob: null }, now] : [now]
}

async function compare(github: Client, place: GitPlace, basehead: string): Promise<v.InferOutput<typeof Comparison> | undefined> {
  const doing = `comparing ${basehead} of ${nameOf(place)}`
  try {
    const answer = await github.read(place, doing, async (kit, asking) =>
      kit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
        owner: place.owner,
        repo: place.repository,
        basehead,
        // Pages are of commits, which nobody here reads.
        per_page: 1,
        page: 1,
        ...asking,
      }),
    )
    return parsed(Comparison, answer.data, doing)
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'git-not-found') return undefined
    throw failure
  }
}
