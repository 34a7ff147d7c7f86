import { expect, test } from 'vitest'
import { answer } from '../../src/adapters/cloudformation.ts'

const request = {
  ResponseURL: 'https://answers.example/one?signed',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Manifests',
}

async function answered(outcome: Parameters<typeof answer>[1]) {
  const sent: { readonly method: string; readonly url: string; readonly type: string | null; readonly body: unknown }[] = []
  await answer(request, outcome, async (each) => {
    sent.push({ method: each.method, url: each.url, type: each.headers.get('content-type'), body: await each.json() })
    return new Response(null, { status: 200 })
  })
  return sent
}
const always = { PhysicalResourceId: 'tagboat-manifests', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Manifests' }

test('the answer goes to the signed address under one physical id, whatever became of the request', async () => {
  const to = { method: 'PUT', url: request.ResponseURL, type: '' }
  expect(await answered({ ok: true })).toEqual([{ ...to, body: { Status: 'SUCCESS', ...always } }])
  expect(await answered({ ok: false, why: 'fleet.yaml:3: no' })).toEqual([
    { ...to, body: { Status: 'FAILED', Reason: 'fleet.yaml:3: no', ...always } },
  ])
})
test('a long reason is cut to what CloudFormation takes', async () => {
  const [sent] = await answered({ ok: false, why: 'x'.repeat(10_000) })
  expect(JSON.stringify(sent?.body).length).toBeLessThan(4096)
})
test('an answer that is not taken is an error, so that the invocation fails and is repeated', async () => {
  await expect(answer(request, { ok: true }, async () => new Response(null, { status: 403 }))).rejects.toThrow('403')
})
