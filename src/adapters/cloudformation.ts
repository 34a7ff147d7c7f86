// A custom resource: what CloudFormation sends, and the one answer that it waits for, for an hour if need be.
import * as v from 'valibot'
import type { Fetch } from './http/fetch.ts'

const Scopes = v.record(v.string(), v.array(v.object({ File: v.string(), Text: v.string() })))
export const ManifestsRequest = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResponseURL: v.pipe(v.string(), v.url()),
  StackId: v.string(),
  RequestId: v.string(),
  LogicalResourceId: v.string(),
  ResourceProperties: v.object({
    Owner: v.pipe(v.string(), v.nonEmpty()),
    Scopes,
    /** `true`: the table outlives the stack. So it does where a stack of before does not say. */
    Retained: v.optional(v.picklist(['true', 'false']), 'true'),
  }),
  OldResourceProperties: v.optional(v.object({ Scopes: v.optional(Scopes) })),
})
export type ManifestsRequest = v.InferOutput<typeof ManifestsRequest>

/** Always the same: another one would make CloudFormation delete what the first one stood for. */
const physicalId = 'tagboat-manifests'
/** CloudFormation takes 4 KB in all. */
const longestReason = 2_500

export async function answer(
  request: Pick<ManifestsRequest, 'ResponseURL' | 'StackId' | 'RequestId' | 'LogicalResourceId'>,
  outcome: { readonly ok: true } | { readonly ok: false; readonly why: string },
  fetch: Fetch,
): Promise<void> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = request
  const said = outcome.ok ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: outcome.why.slice(0, longestReason) }
  const body = JSON.stringify({ ...said, PhysicalResourceId: physicalId, StackId, RequestId, LogicalResourceId })
  // The address is signed for a request without a content type.
  const response = await fetch(new Request(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body }))
  if (!response.ok) throw new Error(`CloudFormation's address for the answer answered ${response.status}`)
}
