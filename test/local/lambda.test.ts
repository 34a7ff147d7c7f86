import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { FailureRecord, Handler, Instance, LambdaFunction } from '../../src/local/lambda.ts'
import { lambdaBox } from '../../src/local/lambda.ts'
import { virtualTime } from '../../src/local/time.ts'

const boxed = (definition: Partial<LambdaFunction> & Pick<LambdaFunction, 'create'>) => {
  const time = virtualTime()
  const lambda = lambdaBox({ clock: time, timers: time })
  lambda.define({ name: 'promote', ...definition })
  const client = new LambdaClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: sdkHandler(lambda.box),
  })
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => void time.after(milliseconds, resolve))
  return { time, lambda, client, sleep }
}
const echo: Handler = async (event) => event

describe('an instance', () => {
  it('starts cold once, is used again, and keeps what it remembers', async () => {
    let starts = 0
    const { lambda } = boxed({
      create: () => {
        let count = 0
        const start = ++starts
        return async () => [start, ++count]
      },
    })
    expect([await lambda.invoke('promote', {}), await lambda.invoke('promote', {})]).toEqual([
      { is: 'answered', payload: [1, 1] },
      { is: 'answered', payload: [1, 2] },
    ])
    lambda.kill('promote')
    expect(await lambda.invoke('promote', {})).toEqual({ is: 'answered', payload: [2, 1] })
  })

  it('is forgotten when nobody has used it for long', async () => {
    let starts = 0
    const { lambda, time } = boxed({ keptFor: 60_000, create: () => (starts++, echo) })
    await lambda.invoke('promote', {})
    await time.advance(60_000)
    await lambda.invoke('promote', {})
    expect(starts).toBe(1)
    await time.advance(60_001)
    await lambda.invoke('promote', {})
    expect([starts, lambda.instances('promote')]).toEqual([2, [{ id: 2, busy: false }]])
  })

  it('serves one invocation at a time; others run beside it, up to the limit', async () => {
    const { lambda, time, sleep } = boxed({ limit: 2, create: (instance) => async () => (await sleep(100), instance.id) })
    const invocations = [1, 2, 3].map(() => lambda.invoke('promote', {}))
    await time.settle()
    expect(lambda.instances('promote')).toEqual([
      { id: 1, busy: true },
      { id: 2, busy: true },
    ])
    await time.advance(100)
    expect(await Promise.all(invocations)).toEqual([
      { is: 'answered', payload: 1 },
      { is: 'answered', payload: 2 },
      { is: 'refused', why: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    ])
  })

  it('stands still between invocations: what it left under way goes on in the next', async () => {
    const reached: string[] = []
    const create = (instance: Instance): Handler => {
      const ask = instance.wire(async (request) => (reached.push(new URL(request.url).pathname), new Response('done')))
      let left: Promise<string> | undefined
      return async () => {
        if (left) return left
        left = Promise.resolve()
          .then(() => sleep(10))
          .then(() => ask(new Request('https://x/late')))
          .then((response) => response.text())
        return 'gone'
      }
    }
    const { lambda, time, sleep } = boxed({ create })
    expect(await lambda.invoke('promote', {})).toEqual({ is: 'answered', payload: 'gone' })
    await time.advance(1000)
    expect(reached).toEqual([])
    expect(await lambda.invoke('promote', {})).toEqual({ is: 'answered', payload: 'done' })
    expect(reached).toEqual(['/late'])
  })

  it('is gone when it takes too long: what it asked for is done, and it hears nothing of it', async () => {
    let done = 0
    let heard = 0
    const { lambda, time, sleep } = boxed({
      timeout: 1000,
      create: (instance) => {
        const ask = instance.wire(async () => (await sleep(1500), done++, new Response()))
        return async () => (await ask(new Request('https://x/')), heard++)
      },
    })
    const invoked = lambda.invoke('promote', {})
    await time.advance(5000)
    expect(await invoked).toEqual({
      is: 'failed',
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: 30000000-0000-4000-8000-000000000001 Error: Task timed out after 1.00 seconds',
      },
    })
    expect([done, heard, lambda.instances('promote')]).toEqual([1, 0, []])
  })

  it('may be killed in the middle', async () => {
    const { lambda, time, sleep } = boxed({ create: () => async () => sleep(1000) })
    const invoked = lambda.invoke('promote', {})
    await time.settle()
    lambda.kill('promote', 1)
    expect(await invoked).toMatchObject({ is: 'failed', error: { errorType: 'Runtime.ExitError' } })
    expect(lambda.instances('promote')).toEqual([])
  })

  it('survives its handler’s error, but not one while starting', async () => {
    let starts = 0
    const { lambda } = boxed({
      create: () => {
        if (++starts === 1) throw new TypeError('no table name')
        return async () => Promise.reject(new RangeError('no'))
      },
    })
    expect(await lambda.invoke('promote', {})).toMatchObject({
      is: 'failed',
      error: { errorType: 'TypeError', errorMessage: 'no table name' },
    })
    expect(await lambda.invoke('promote', {})).toMatchObject({ is: 'failed', error: { errorType: 'RangeError' } })
    expect(await lambda.invoke('promote', {})).toMatchObject({ is: 'failed', error: { errorType: 'RangeError' } })
    expect(starts).toBe(2)
  })

  it('shares nothing with its caller, and is told its time', async () => {
    const { lambda } = boxed({
      timeout: 30_000,
      create: () => async (event, context) => {
        Object.assign(event as object, { changed: true })
        return { left: context.getRemainingTimeInMillis(), id: context.awsRequestId, arn: context.invokedFunctionArn, date: new Date(0) }
      },
    })
    const event = {}
    expect(await lambda.invoke('promote', event)).toEqual({
      is: 'answered',
      payload: {
        left: 30_000,
        id: '30000000-0000-4000-8000-000000000001',
        arn: 'arn:aws:lambda:eu-west-1:111122223333:function:promote',
        date: '1970-01-01T00:00:00.000Z',
      },
    })
    expect(event).toEqual({})
  })
})

describe('an asynchronous invocation', () => {
  const failing = (definition: Partial<LambdaFunction> = {}) => {
    const attempts: number[] = []
    const records: FailureRecord[] = []
    const world = boxed({
      create: () => async () => {
        attempts.push(world.time.now())
        throw new Error('no')
      },
      onFailure: (record) => void records.push(record),
      ...definition,
    })
    return { ...world, attempts, records }
  }

  it('is tried again after one minute and after two more, then put away with its story', async () => {
    const { lambda, time, attempts, records } = failing()
    const since = time.now()
    lambda.send('promote', { a: 1 })
    await time.advance(3_600_000)
    expect(attempts.map((at) => at - since)).toEqual([0, 60_000, 180_000])
    expect(records).toEqual([
      {
        version: '1.0',
        timestamp: new Date(since + 180_000).toISOString(),
        requestContext: {
          requestId: '30000000-0000-4000-8000-000000000001',
          functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:promote:$LATEST',
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { a: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'Error', errorMessage: 'no', trace: expect.any(Array) as string[] },
      },
    ])
  })

  it('is not tried again once it is too old', async () => {
    const { lambda, time, attempts, records } = failing({ maximumAge: 60_000 })
    lambda.send('promote', {})
    await time.advance(3_600_000)
    expect([attempts.length, records.map(({ requestContext }) => requestContext.condition)]).toEqual([2, ['EventAgeExceeded']])
  })

  it('waits for room as long as its age allows, without counting that as a try', async () => {
    const served: unknown[] = []
    const { lambda, time, sleep } = boxed({
      limit: 1,
      retries: 0,
      timeout: 20_000,
      create: () => async (event) => {
        served.push(event)
        await sleep(10_000)
      },
    })
    lambda.send('promote', 1)
    lambda.send('promote', 2)
    await time.advance(60_000)
    expect(served).toEqual([1, 2])
  })
})

describe('the Invoke API', () => {
  const utf8 = (payload: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(payload)) as unknown

  it('answers, by name and by ARN', async () => {
    const { client } = boxed({ create: () => echo })
    for (const FunctionName of ['promote', 'arn:aws:lambda:eu-west-1:111122223333:function:promote']) {
      const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '{"a":1}' }))
      expect([answer.StatusCode, answer.FunctionError, utf8(answer.Payload)]).toEqual([200, undefined, { a: 1 }])
    }
  })

  it('says that the function failed, in an answer that is fine', async () => {
    const { client } = boxed({ create: () => async () => Promise.reject(new Error('no')) })
    const answer = await client.send(new InvokeCommand({ FunctionName: 'promote' }))
    expect([answer.StatusCode, answer.FunctionError, utf8(answer.Payload)]).toMatchObject([200, 'Unhandled', { errorMessage: 'no' }])
  })

  it('takes an event and answers at once', async () => {
    const seen: unknown[] = []
    const { client, lambda } = boxed({ create: () => async (event) => void seen.push(event) })
    const answer = await client.send(new InvokeCommand({ FunctionName: 'promote', InvocationType: 'Event', Payload: '{"a":1}' }))
    await lambda.settled()
    expect([answer.StatusCode, seen]).toEqual([202, [{ a: 1 }]])
  })

  it('names what is wrong', async () => {
    const { client } = boxed({ limit: 0, create: () => echo })
    const invoke = (more: object) => client.send(new InvokeCommand({ FunctionName: 'promote', ...more }))
    await expect(invoke({ FunctionName: 'none' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(invoke({})).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    await expect(invoke({ Payload: '{' })).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
    await expect(invoke({ InvocationType: 'Event', Payload: JSON.stringify('x'.repeat(1024 * 1024)) })).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    })
  })
})
