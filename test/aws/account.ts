// An emulated account: moto, the CDK's command line in front of it, and what that has deployed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { GetFunctionCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { run, serving, type Environment } from './programs.ts'
import type { Deployed } from './runtime.ts'
import type { Tools } from './tools.ts'

export const account = '123456789012'
export const region = 'eu-west-1'
const root = resolve(import.meta.dirname, '../..')

export interface AwsConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}
export interface Account {
  readonly config: AwsConfig
  /** What a function's process gets from outside: keys, region, and where AWS is. */
  readonly environment: Environment
  /** Runs the CDK's command line on the app of this checkout. */
  readonly cdk: (...words: readonly string[]) => Promise<string>
  /** Where a deployment writes the outputs of its stack. */
  readonly outputs: string
  readonly output: (name: string) => string
  /** The functions of the stack as they were deployed, by the names that lambdas/ gives them; code fetched and unpacked. */
  readonly functions: () => Promise<Readonly<Record<string, Deployed>>>
  readonly close: () => Promise<void>
}

export async function openAccount({ moto, python }: Tools, env: Environment): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-account-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  const plain = { PATH: env['PATH'], HOME: home, LANG: 'C.UTF-8' }
  const running = await serving((port) => [moto, '-H', '127.0.0.1', '-p', String(port)], plain, join(folder, 'moto.log'))
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const keys = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey }
  const environment = { ...plain, ...keys, AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_ENDPOINT_URL: running.url }
  const config = { endpoint: running.url, region, credentials }
  const lambda = new LambdaClient(config)
  const outputs = join(folder, 'outputs.json')
  const quiet = { CDK_DISABLE_CLI_TELEMETRY: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

  /** From the bucket that the deployment has uploaded it to. */
  const unpacked = async (archive: string): Promise<string> => {
    const to = join(folder, basename(archive, '.zip'))
    // The emulator wants a request to be signed, and does not look at the signature.
    const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=none`
    const answer = await fetch(`${running.url}/cdk-hnb659fds-assets-${account}-${region}/${archive}`, { headers: { authorization } })
    if (!answer.ok) throw new Error(`the bucket answered ${answer.status} for ${archive}`)
    writeFileSync(`${to}.zip`, new Uint8Array(await answer.arrayBuffer()))
    await run([python, '-m', 'zipfile', '-e', `${to}.zip`, to], { env: plain })
    return to
  }
  const deployed = async (name: string): Promise<Deployed> => {
    const { Configuration: is, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }))
    return {
      name,
      arn: is?.FunctionArn ?? '',
      handler: is?.Handler ?? '',
      timeout: is?.Timeout ?? 3,
      memory: is?.MemorySize ?? 128,
      environment: reachable(is?.Environment?.Variables ?? {}, running.url),
      folder: await unpacked(basename(Code?.Location ?? '')),
    }
  }
  return {
    config,
    environment,
    cdk: (...words) =>
      run([process.execPath, join(root, 'node_modules/aws-cdk/bin/cdk'), ...words, '--output', join(folder, 'cdk.out'), '--no-notices'], {
        cwd: root,
        env: { ...environment, ...quiet },
      }),
    outputs,
    output: (name) => outputIn(readFileSync(outputs, 'utf8'), name),
    functions: async () => {
      const { Functions: all = [] } = await lambda.send(new ListFunctionsCommand({}))
      const named = all.flatMap(({ FunctionName: name = '' }) => {
        const short = /PromoterFunctions([A-Z][a-z]+)/.exec(name)?.[1]
        return short === undefined ? [] : [[short.toLowerCase(), name] as const]
      })
      return Object.fromEntries(await Promise.all(named.map(async ([short, name]) => [short, await deployed(name)] as const)))
    },
    close: async () => {
      lambda.destroy()
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The emulator's templates give queues their addresses at AWS, and the SDK believes an address rather than an endpoint. */
const reachable = (variables: Readonly<Record<string, string>>, url: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace(`https://sqs.${region}.amazonaws.com`, url)]))

function outputIn(text: string, name: string): string {
  const { Tagboat = {} } = JSON.parse(text) as { readonly Tagboat?: Readonly<Record<string, string>> }
  const found = Object.entries(Tagboat).find(([key]) => key.startsWith(`Promoter${name}`))
  if (found) return found[1]
  throw new Error(`the stack has no output ${name}`)
}
