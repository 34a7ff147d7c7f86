// Where AWS's runtime client cannot be built: the Runtime API in a plain loop.
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

const at = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const [file, name] = (process.argv[2] ?? '').split('.')
const post = (path, body) => fetch(`${at}${path}`, { method: 'POST', body: JSON.stringify(body ?? null) })
const said = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: String(error?.message ?? error),
  trace: String(error?.stack).split('\n'),
})

let handler
try {
  handler = (await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)).href))[name]
} catch (error) {
  await post('/init/error', said(error))
  process.exit(1)
}
for (;;) {
  const next = await fetch(`${at}/invocation/next`)
  const awsRequestId = next.headers.get('lambda-runtime-aws-request-id')
  try {
    await post(`/invocation/${awsRequestId}/response`, await handler(await next.json(), { awsRequestId }))
  } catch (error) {
    await post(`/invocation/${awsRequestId}/error`, said(error))
  }
}
