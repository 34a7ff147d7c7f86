// Secrets from flags, under the keys that Flux uses: into Secrets Manager, or printed as Flux prints them.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SecretRole } from '../core/spec/secrets.ts'
import { Usage, type Command, type Flag, type Given } from './command.ts'
import { connect, connection } from './connect.ts'
import { namespaceFlag, namespaceOf } from './objects.ts'
import { steps } from './steps.ts'
import type { Terminal } from './terminal.ts'

interface Recipe {
  readonly said: string
  readonly role: SecretRole
  readonly type: string
  readonly about: string
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  readonly values: (given: Given, terminal: Terminal) => Readonly<Record<string, string>>
}

const text = (about: string, value: string, short?: string): Flag => ({
  type: 'string',
  about,
  value,
  ...(short !== undefined && { short }),
})
const login = { username: text('the user', 'NAME', 'u'), password: text('a token or a password', 'TEXT', 'p') }

const recipes: readonly Recipe[] = [
  {
    said: 'git',
    role: 'git',
    type: 'Opaque',
    about: 'a token for a Git repository',
    flags: {
      url: text('the address of the repository', 'URL'),
      ...login,
      'bearer-token': text('a token, instead of user and password', 'TEXT'),
    },
    examples: [
      'tagboat create secret git flux-system --url=https://github.com/your-org/fleet --username=git --password=$GITHUB_TOKEN',
      'tagboat create secret git flux-system --url=https://github.com/your-org/fleet --bearer-token=$GITHUB_TOKEN',
    ],
    values: (given) => {
      const url = needed(given, 'url')
      if (!/^https?:\/\//.test(url))
        throw new Usage(
          `expected an https:// address, got "${url}": GitHub's API takes no SSH key, so make a GitHub App (create secret githubapp) or take a token`,
        )
      const token = given.text('bearer-token')
      if (token !== undefined) return { bearerToken: token }
      if (given.text('username') === undefined || given.text('password') === undefined)
        throw new Usage('for Git over HTTP/S the username and password are required')
      return { username: needed(given, 'username'), password: needed(given, 'password') }
    },
  },
  {
    said: 'githubapp',
    role: 'git',
    type: 'Opaque',
    about: 'a GitHub App for a Git repository: commits are signed by GitHub',
    flags: {
      'app-id': text('the id of the App', 'NUMBER'),
      'app-installation-id': text('the id of its installation', 'NUMBER'),
      'app-private-key': text('the file with its private key', 'FILE'),
      'app-base-url': text('the API of a GitHub Enterprise Server', 'URL'),
    },
    examples: ['tagboat create secret githubapp flux-system --app-id=1 --app-installation-id=2 --app-private-key=app.pem'],
    values: (given, terminal) => ({
      githubAppID: needed(given, 'app-id'),
      githubAppInstallationID: needed(given, 'app-installation-id'),
      githubAppPrivateKey: fileOf(needed(given, 'app-private-key'), terminal),
      ...(given.text('app-base-url') !== undefined && { githubAppBaseURL: needed(given, 'app-base-url') }),
    }),
  },
  {
    said: 'oci',
    role: 'registry',
    type: 'kubernetes.io/dockerconfigjson',
    about: 'a login for a registry of images',
    flags: { url: text('the address of the registry', 'HOST'), ...login },
    examples: ['tagboat create secret oci ghcr --url=ghcr.io --username=your-name --password=$GITHUB_TOKEN'],
    values: (given) => {
      const host = needed(given, 'url')
        .replace(/^(oci|https?):\/\//, '')
        .replace(/\/.*$/, '')
      const [username, password] = [needed(given, 'username'), needed(given, 'password')]
      const auth = Buffer.from(`${username}:${password}`).toString('base64')
      return { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { username, password, auth } } }) }
    },
  },
]

export const createSecretCommands: readonly Command[] = recipes.map((recipe) => ({
  name: `create secret ${recipe.said}`,
  about: recipe.about,
  arguments: 'NAME',
  flags: {
    ...recipe.flags,
    export: { type: 'boolean', about: 'print it as Kubernetes would keep it, secrets in clear, and write nothing' },
    ...namespaceFlag,
    ...connection,
  },
  examples: recipe.examples,
  run: async (given, terminal) => create(recipe, given, terminal),
}))

async function create({ said, role, type, values: read }: Recipe, given: Given, terminal: Terminal): Promise<0> {
  const [name, ...more] = given.words
  if (name === undefined || more.length > 0)
    throw new Usage(name === undefined ? 'name is required' : `expected one name, got ${given.words.join(', ')}`)
  const namespace = namespaceOf(given)
  for (const [what, part] of [
    ['name', name],
    ['namespace', namespace],
  ] as const)
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(part)) throw new Usage(`expected a ${what} of small letters, digits, "-" and ".", got "${part}"`)
  const values = read(given, terminal)
  if (given.is('export')) {
    const { stringify } = await import('yaml')
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: values, type }
    terminal.out(`---\n${stringify(secret, { sortMapEntries: true }).trimEnd()}`)
    return 0
  }
  const { world, scope, close } = await connect(given, terminal)
  try {
    const { name: kept, is } = await world.secrets.put({ role, scope, namespace, name }, values)
    const say = steps(terminal)
    say.action(`${said} secret '${name}' ${is} in '${namespace}' namespace`)
    say.success(`it is ${kept} in Secrets Manager`)
    return 0
  } finally {
    close()
  }
}

function needed(given: Given, flag: string): string {
  const value = given.text(flag)
  if (value === undefined || value === '') throw new Usage(`expected --${flag}, got nothing`)
  return value
}

function fileOf(file: string, { folder }: Terminal): string {
  try {
    return readFileSync(resolve(folder, file), 'utf8')
  } catch (error) {
    throw new Usage(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
