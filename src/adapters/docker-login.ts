// Where `docker login` put what it knows: a configuration file, or a program that it names.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { Failure } from '../core/failure.ts'
import { imageKey } from '../core/image.ts'
import type { ImageSource } from '../ports.ts'

const Config = v.object({
  auths: v.optional(v.record(v.string(), v.unknown()), {}),
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
  credsStore: v.optional(v.string()),
})
const Answer = v.object({ Username: v.string(), Secret: v.string() })

export interface DockerLoginOptions {
  readonly file: string
  /** Named by a person: then it has to be there. */
  readonly named: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The text of a `.dockerconfigjson` for whoever asks a registry; undefined: nobody has logged in there. */
export function dockerLogin({ file, named, environment }: DockerLoginOptions): (source: ImageSource) => Promise<string | undefined> {
  let config: v.InferOutput<typeof Config> | undefined
  return async ({ image }) => {
    config ??= configIn(file, named)
    const host = imageKey(image)?.split('/')[0] ?? ''
    const asked = host === 'index.docker.io' ? 'https://index.docker.io/v1/' : host
    const program = config.credHelpers[host] ?? config.credHelpers[asked] ?? config.credsStore
    const answer = program === undefined || program === '' ? undefined : await ask(program, asked, environment)
    if (answer)
      return JSON.stringify({ auths: { [asked]: { auth: Buffer.from(`${answer.Username}:${answer.Secret}`).toString('base64') } } })
    return Object.keys(config.auths).length > 0 ? JSON.stringify({ auths: config.auths }) : undefined
  }
}

function configIn(file: string, named: boolean): v.InferOutput<typeof Config> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (!named && error instanceof Error && 'code' in error && error.code === 'ENOENT') return { auths: {}, credHelpers: {} }
    throw new Failure('registry-credentials-unreadable', `cannot read the registry logins in ${file}`, { cause: error })
  }
  try {
    return v.parse(Config, JSON.parse(text))
  } catch {
    // Without its cause: a parser's message quotes the text, which is a secret.
    throw new Failure(
      'registry-credentials-malformed',
      `${file}: expected what docker login writes, {"auths":{"<registry>":{"auth":…}}} as JSON`,
    )
  }
}

const patience = 20_000

/** A program that knows nothing says so and fails: then the registry is asked without a login, as docker does. */
function ask(
  name: string,
  host: string,
  environment: DockerLoginOptions['environment'],
): Promise<v.InferOutput<typeof Answer> | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(`docker-credential-${name}`, ['get'], { env: { ...environment }, timeout: patience }, (error, out) => {
      if (error && 'code' in error && error.code === 'ENOENT')
        return reject(
          new Failure(
            'registry-credentials-unreadable',
            `docker-credential-${name}, which holds the login of ${host}, is not on the PATH: install it, or name another file with --registry-auth`,
          ),
        )
      const parsed = error ? undefined : v.safeParse(Answer, json(out))
      resolve(parsed?.success ? parsed.output : undefined)
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(`${host}\n`)
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
