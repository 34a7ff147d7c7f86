// The Runtime API, as the inside of a Lambda sees it: it asks for the next event and posts what became of it. One process for each function.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Environment } from './programs.ts'
import type { Tools } from './tools.ts'

export interface Deployed {
  readonly name: string
  readonly arn: string
  readonly handler: string
  /** Seconds. */
  readonly timeout: number
  readonly memory: number
  readonly environment: Readonly<Record<string, string>>
  /** Where the deployed code was unpacked. */
  readonly folder: string
}
export type Answer = { readonly is: 'answered'; readonly payload: unknown } | { readonly is: 'failed'; readonly error: string }

export interface Started {
  readonly invoke: (event: unknown) => Promise<Answer>
  /** What the function has written, line by line. */
  readonly lines: () => readonly string[]
  readonly stop: () => Promise<void>
}

interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly answer: (answer: Answer) => void
}

/** Starts the bundle, under AWS's client or under the plain loop; invocations wait for one another, as in one instance. */
export async function startFunction(
  deployed: Deployed,
  { node, ric }: Pick<Tools, 'node' | 'ric'>,
  outside: Environment,
): Promise<Started> {
  const waiting: Invocation[] = []
  const underway = new Map<string, Invocation>()
  let idle: ServerResponse | undefined
  let count = 0
  const hand = (): void => {
    if (idle === undefined) return
    const next = waiting.shift()
    if (next === undefined) return
    const response = idle
    idle = undefined
    underway.set(next.id, next)
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(Date.now() + deployed.timeout * 1000),
      'lambda-runtime-invoked-function-arn': deployed.arn,
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    })
    response.end(JSON.stringify(next.event))
  }
  const settle = (id: string, answer: Answer): void => {
    underway.get(id)?.answer(answer)
    underway.delete(id)
  }
  const api = createServer((request, response) => {
    const path = request.url ?? ''
    if (path.endsWith('/invocation/next')) {
      idle = response
      hand()
      return
    }
    void bodyOf(request).then((body) => {
      const [, id = '', what = ''] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
      if (what === 'response') settle(id, { is: 'answered', payload: JSON.parse(body === '' ? 'null' : body) as unknown })
      else if (what === 'error') settle(id, { is: 'failed', error: body })
      else for (const each of [...waiting, ...underway.values()]) each.answer({ is: 'failed', error: `at its start: ${body}` })
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    })
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  const address = api.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const lines: string[] = []
  const entry = ric ?? new URL('./loop.mjs', import.meta.url).pathname
  const child = spawn(node, [entry, deployed.handler], {
    cwd: deployed.folder,
    env: { ...outside, ...deployed.environment, ...inside(deployed, port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void lines.push(...text.split('\n').filter((line) => line !== '')))
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const each of [...waiting.splice(0), ...underway.values()])
        each.answer({ is: 'failed', error: `the process ended:\n${lines.slice(-20).join('\n')}` })
      resolve()
    })
  })
  return {
    invoke: (event) =>
      new Promise((answer) => {
        waiting.push({ id: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`, event, answer })
        hand()
      }),
    lines: () => lines,
    stop: () => stop(child, ended, () => api.close()),
  }
}

async function stop(child: ChildProcess, ended: Promise<void>, close: () => void): Promise<void> {
  child.kill('SIGKILL')
  await ended
  close()
}

/** What Lambda sets beside the function's own variables. */
const inside = ({ name, handler, memory, folder }: Deployed, port: number): Environment => ({
  AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'test',
  AWS_LAMBDA_LOG_FORMAT: 'JSON',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  LAMBDA_TASK_ROOT: folder,
  _HANDLER: handler,
  TZ: ':UTC',
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
