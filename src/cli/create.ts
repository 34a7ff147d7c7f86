// Objects from flags: each row says how one kind is written, one way leads from there to the world, or to YAML.
import type { Manifest } from '../core/spec.ts'
import { Failure } from '../core/failure.ts'
import type { ReceiverSpec } from '../core/spec/schemas.ts'
import type { StoredObject } from '../core/state.ts'
import type { World } from '../ports.ts'
import { Usage, type Command, type Flag, type Given, type Group } from './command.ts'
import { connect, connection } from './connect.ts'
import { createSecretCommands } from './create-secret.ts'
import { durationOf, namespaceFlag, namespaceOf, timeoutFlag } from './objects.ts'
import { steps } from './steps.ts'
import type { Terminal } from './terminal.ts'

interface Recipe {
  readonly said: string
  readonly kind: string
  readonly apiVersion: string
  /** As Flux calls it while it is being made. */
  readonly called: string
  readonly about: string
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  readonly spec: (given: Given) => object
  /** What is worth a word about the object that is made. */
  readonly after?: (object: StoredObject, world: Pick<World, 'secrets'>) => Promise<string>
}

const text = (about: string, value: string, short?: string): Flag => ({
  type: 'string',
  about,
  value,
  ...(short !== undefined && { short }),
})
const interval = text('how often to look (1m)', 'DURATION')
const image = 'image.toolkit.fluxcd.io/v1'

const recipes: readonly Recipe[] = [
  {
    said: 'image repository',
    kind: 'ImageRepository',
    apiVersion: image,
    called: 'ImageRepository',
    about: 'create or update an ImageRepository: an image whose tags are looked at',
    flags: {
      image: text('the image, without a tag', 'IMAGE'),
      interval,
      'secret-ref': text('the secret with the registry’s credentials', 'NAME'),
      'cert-ref': text('the secret with certificates for the registry', 'NAME'),
      'scan-timeout': text('how long a scan may take', 'DURATION'),
    },
    examples: [
      'tagboat create image repository app --image=123456789012.dkr.ecr.eu-west-1.amazonaws.com/app',
      'tagboat create image repository podinfo --image=ghcr.io/stefanprodan/podinfo --interval=5m --secret-ref=ghcr',
      'tagboat create image repository podinfo --image=ghcr.io/stefanprodan/podinfo --export > podinfo.yaml',
    ],
    spec: (given) => ({
      image: needed(given, 'image', 'an image is required'),
      interval: intervalOf(given, '1m0s'),
      ...ref('secretRef', given.text('secret-ref')),
      ...ref('certSecretRef', given.text('cert-ref')),
      ...some('timeout', given.text('scan-timeout')),
    }),
  },
  {
    said: 'image policy',
    kind: 'ImagePolicy',
    apiVersion: image,
    called: 'ImagePolicy',
    about: 'create or update an ImagePolicy: which of the tags is chosen',
    flags: {
      'image-ref': text('the ImageRepository whose tags it chooses from', 'NAME'),
      'select-semver': text('the highest version in this range', 'RANGE'),
      'select-alpha': text('the last (asc) or first (desc) in alphabetical order', 'asc|desc'),
      'select-numeric': text('the largest (asc) or smallest (desc) number', 'asc|desc'),
      'filter-regex': text('only tags that match this', 'REGEX'),
      'filter-extract': text('what of the match is compared, such as $ts', 'TEMPLATE'),
      'reflect-digest': text('whether the digest is kept, too (Never)', 'Always|IfNotPresent|Never'),
      interval: text('how often the digest is looked at, with --reflect-digest=Always', 'DURATION'),
    },
    examples: [
      'tagboat create image policy app --image-ref=app --select-semver=">=1.0.0"',
      `tagboat create image policy vote --image-ref=vote --select-numeric=asc --filter-regex='^main-[a-f0-9]+-(?P<ts>[0-9]+)' --filter-extract='$ts'`,
      'tagboat create image policy app --image-ref=app --select-semver=1.x --reflect-digest=Always --interval=10m',
    ],
    spec: (given) => ({
      imageRepositoryRef: { name: needed(given, 'image-ref', 'the name of an ImageRepository is required') },
      policy: policyOf(given),
      ...filterOf(given),
      ...some('digestReflectionPolicy', given.text('reflect-digest')),
      ...some('interval', given.text('interval')),
    }),
  },
  {
    said: 'image update',
    kind: 'ImageUpdateAutomation',
    apiVersion: image,
    called: 'ImageUpdateAutomation',
    about: 'create or update an ImageUpdateAutomation: where the chosen tags are written',
    flags: {
      'git-repo-ref': text('the GitRepository to write to', 'NAME'),
      'git-repo-namespace': text('where the GitRepository is (the namespace of the object)', 'NAME'),
      'git-repo-path': text('the folder with the manifests (the whole repository)', 'FOLDER'),
      'checkout-branch': text('the branch to read', 'NAME'),
      'push-branch': text('the branch to write, if it is another one', 'NAME'),
      'commit-template': text('the commit message', 'TEMPLATE'),
      'author-name': text('the author of commits', 'NAME'),
      'author-email': text('their e-mail address', 'ADDRESS'),
      'signing-key-secret': text('the secret with a key that signs commits', 'NAME'),
      'signing-key-type': text('what kind of key that is (gpg)', 'gpg|ssh'),
      interval,
    },
    examples: [
      'tagboat create image update fleet --git-repo-ref=flux-system --git-repo-path=./apps --checkout-branch=main --author-name=bot --author-email=bot@example.com',
      'tagboat create image update fleet --git-repo-ref=flux-system --checkout-branch=main --push-branch=image-updates --author-name=bot --author-email=bot@example.com --export',
    ],
    spec: (given) => ({
      interval: intervalOf(given, '1m0s'),
      sourceRef: {
        kind: 'GitRepository',
        name: needed(given, 'git-repo-ref', 'a reference to a GitRepository is required'),
        ...some('namespace', given.text('git-repo-namespace')),
      },
      git: {
        checkout: { ref: { branch: needed(given, 'checkout-branch', 'the Git repository branch is required') } },
        commit: {
          author: {
            name: needed(given, 'author-name', 'the author name is required'),
            email: needed(given, 'author-email', 'the author email is required'),
          },
          ...some('messageTemplate', given.text('commit-template')),
          ...signing(given),
        },
        ...some('push', given.text('push-branch') === undefined ? undefined : { branch: given.text('push-branch') }),
      },
      ...some('update', given.text('git-repo-path') === undefined ? undefined : { path: given.text('git-repo-path'), strategy: 'Setters' }),
    }),
  },
  {
    said: 'source git',
    kind: 'GitRepository',
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    called: 'GitRepository source',
    about: 'create or update a GitRepository: which repository, and with which credentials',
    flags: {
      url: text('the address of the repository', 'URL'),
      branch: text('the branch that is read and written unless an automation says otherwise', 'NAME'),
      tag: text('a tag to start branches from', 'NAME'),
      'tag-semver': text('the highest tag in this range', 'RANGE'),
      'ref-name': text('a reference such as refs/heads/main', 'NAME'),
      commit: text('a commit', 'SHA'),
      'secret-ref': text('the secret with the credentials (default)', 'NAME'),
      'ignore-paths': text('kept for Flux, which leaves these paths out of what it applies', 'PATHS'),
      'recurse-submodules': { type: 'boolean', about: 'kept for Flux: submodules are not looked into' },
      silent: { type: 'boolean', short: 's', about: 'accepted as in Flux: nothing is asked' },
      interval,
    },
    examples: [
      'tagboat create source git fleet --url=https://github.com/your-org/fleet --branch=main --secret-ref=flux-system',
      'tagboat create source git fleet --url=ssh://git@github.com/your-org/fleet --branch=main --export',
    ],
    spec: (given) => ({
      interval: intervalOf(given, '1m0s'),
      url: needed(given, 'url', 'url is required'),
      ref: gitRef(given),
      ...ref('secretRef', given.text('secret-ref')),
      ...some('ignore', given.text('ignore-paths')?.split(',').join('\n')),
      ...(given.is('recurse-submodules') && { recurseSubmodules: true }),
    }),
  },
  {
    said: 'receiver',
    kind: 'Receiver',
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    called: 'receiver',
    about: 'create or update a Receiver: the address at which a registry, a forge or a pipeline says that something happened',
    flags: {
      type: text('who calls, such as dockerhub, quay, harbor, github or generic', 'TYPE'),
      'secret-ref': text('the secret with the token', 'NAME'),
      event: { ...text('only these events, several with commas or repeated', 'NAME'), multiple: true },
      resource: { ...text('what is looked at then, several with commas or repeated', 'KIND/NAME'), multiple: true },
    },
    examples: [
      'tagboat create receiver hub --type=dockerhub --secret-ref=hub-token --resource=ImageRepository/app',
      'tagboat create receiver github --type=github --event=ping,push --secret-ref=webhook-token --resource=GitRepository/fleet --export',
    ],
    spec: (given) => ({
      type: needed(given, 'type', 'Receiver type is required'),
      ...some('events', listOf(given, 'event')),
      resources: resourcesOf(given),
      ...ref('secretRef', needed(given, 'secret-ref', 'secret ref is required')),
    }),
    after: hookAddress,
  },
]

const labelled: Readonly<Record<string, Flag>> = {
  label: { type: 'string', value: 'KEY=VALUE', multiple: true, about: 'labels for the object, several with commas or repeated' },
}
const fate: Readonly<Record<string, Flag>> = {
  export: { type: 'boolean', about: 'print the manifest, and change nothing' },
  'take-over': { type: 'boolean', about: 'also if the object belongs to another owner' },
}

const commandOf = (recipe: Recipe): Command => ({
  name: `create ${recipe.said}`,
  about: recipe.about,
  arguments: 'NAME',
  flags: { ...recipe.flags, ...labelled, ...fate, ...namespaceFlag, ...timeoutFlag, ...connection },
  examples: recipe.examples,
  run: async (given, terminal) => create(recipe, given, terminal),
})

export const createGroup: Group = {
  name: 'create',
  about: 'make an object or a secret from flags, or print its manifest',
  commands: [...recipes.map(commandOf), ...createSecretCommands],
}

async function create(recipe: Recipe, given: Given, terminal: Terminal): Promise<0 | 1> {
  const { kind, apiVersion, called } = recipe
  const name = nameOf(given.words)
  const namespace = namespaceOf(given)
  const labels = labelsOf(given.texts('label'))
  const metadata = { name, namespace, ...(Object.keys(labels).length > 0 && { labels }) }
  const object = { apiVersion, kind, metadata, spec: recipe.spec(given) }
  const { stringify } = await import('yaml')
  const written = stringify(object, { sortMapEntries: true })
  const manifest = await checked(written, terminal)
  if (given.is('export')) {
    terminal.out(`---\n${written.trimEnd()}`)
    return 0
  }
  const { world, scope, close } = await connect(given, terminal)
  const { apply } = await import('../flow/apply.ts')
  const { outcomeOf } = await import('./outcome.ts')
  const say = steps(terminal)
  try {
    say.generate(`generating ${called}`)
    say.action(`applying ${called}`)
    const id = { scope, namespace, kind, name }
    // As in Flux, annotations are not what the flags are about.
    const annotations = (await world.store.object(id))?.annotations ?? {}
    const wish = { manifests: [{ ...manifest, annotations }], scope, owner: 'cli', takeOver: given.is('take-over') }
    const applied = await apply(wish, world)
    if (!applied.ok) throw new Failure('refused', applied.problems.map(({ message }) => message).join('\n'))
    const is = applied.results[0]?.is
    if (is !== 'unchanged') say.success(`${called} ${is === 'created' ? 'created' : 'updated'}`)
    const object = await world.store.object(id)
    if (!object) return 1
    say.wait(`waiting for ${called} reconciliation`)
    const { ready } = await outcomeOf(object, given, world)
    if (ready?.status === 'False') throw new Failure('not-ready', `${called} reconciliation failed: '${ready.message}'`)
    say.success(`${called} reconciliation completed`)
    if (recipe.after) say.success(await recipe.after(object, world))
    return 0
  } finally {
    close()
  }
}

/** Through the same reading as every manifest, so that the same is refused, with the same words. */
async function checked(written: string, terminal: Terminal): Promise<Manifest> {
  const { readManifests } = await import('../core/spec.ts')
  const { manifests, problems, warnings } = readManifests(written, '', { namespace: '' })
  for (const { message } of warnings) terminal.error(`warning: ${message}`)
  const [manifest] = manifests
  if (!manifest || problems.length > 0) throw new Failure('refused', problems.map(({ message }) => message).join('\n'))
  return manifest
}

export function nameOf(words: readonly string[]): string {
  const [name, ...more] = words
  if (name === undefined) throw new Usage('name is required')
  if (more.length > 0) throw new Usage(`expected one name, got ${words.map((word) => `"${word}"`).join(' and ')}`)
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name
  throw new Usage(
    `name '${name}' is invalid, it should adhere to standard defined in RFC 1123, the name can only contain alphanumeric characters or '-'`,
  )
}

export function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((each) => each.split(',')).map((pair) => pair.split('='))
  for (const pair of pairs)
    if (pair.length !== 2 || pair[0] === '') throw new Usage(`invalid label format '${pair.join('=')}', must be key=value`)
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value]))
}

function needed(given: Given, flag: string, message: string): string {
  const value = given.text(flag)
  if (value === undefined || value === '') throw new Usage(`${message} (--${flag})`)
  return value
}

function intervalOf(given: Given, otherwise: string): string {
  const value = given.text('interval')
  durationOf(value, 'interval', 0)
  return value ?? otherwise
}

const some = (key: string, value: unknown): object => (value === undefined ? {} : { [key]: value })
const ref = (key: string, name: string | undefined): object => some(key, name === undefined ? undefined : { name })

function policyOf(given: Given): object {
  const said = (['select-semver', 'select-alpha', 'select-numeric'] as const).filter((flag) => given.text(flag) !== undefined)
  const [flag, ...more] = said
  if (flag === undefined) throw new Usage('a policy must be provided with either --select-semver, --select-alpha or --select-numeric')
  if (more.length > 0) throw new Usage(`expected one way to select, got --${said.join(' and --')}`)
  const value = given.text(flag) ?? ''
  if (flag === 'select-semver') return { semver: { range: value } }
  if (value !== 'asc' && value !== 'desc') throw new Usage(`expected --${flag} to be asc or desc, got "${value}"`)
  return flag === 'select-alpha' ? { alphabetical: { order: value } } : { numerical: { order: value } }
}

/** As in Flux, a template that names what the expression does not catch is a slip, though the controller would take it for nothing. */
function filterOf(given: Given): object {
  const pattern = given.text('filter-regex')
  const extract = given.text('filter-extract')
  if (pattern === undefined && extract === undefined) return {}
  if (pattern === undefined) throw new Usage('cannot specify --filter-extract without specifying --filter-regex')
  const names = [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name = '']) => name)
  for (const [, name = ''] of (extract ?? '').matchAll(/\$\{?([A-Za-z_]\w*)\}?/g))
    if (!names.includes(name)) throw new Usage(`capture group $${name} used in --filter-extract not found in --filter-regex`)
  return { filterTags: { pattern, ...some('extract', extract) } }
}

function listOf(given: Given, flag: string): readonly string[] | undefined {
  const all = given.texts(flag).flatMap((each) => each.split(','))
  return all.length === 0 ? undefined : all
}

function resourcesOf(given: Given): readonly object[] {
  const all = listOf(given, 'resource')
  if (all === undefined) throw new Usage('at least one resource is required (--resource)')
  return all.map((each) => {
    const [, kind, name] = /^([^/]+)\/([^/]+)$/.exec(each) ?? []
    if (kind === undefined) throw new Usage(`invalid resource '${each}', must be in format <kind>/<name>`)
    return { kind, name }
  })
}

/** Whoever may not read the token, or has not stored it yet, is told how the address comes about. */
async function hookAddress({ scope, namespace, name, spec }: StoredObject, { secrets }: Pick<World, 'secrets'>): Promise<string> {
  const secret = (spec as ReceiverSpec).secretRef?.name ?? ''
  const kept = `${scope}/${namespace}/${secret}`
  const read = await secrets.read({ role: 'receiver', scope, namespace, name: secret }).catch((error: unknown) => {
    if (error instanceof Failure) return { found: false, why: error.message } as const
    throw error
  })
  const token = read.found ? read.values['token'] : undefined
  if (!token)
    return `the webhook's path is /hook/ and the SHA-256 of token, name and namespace: there is no token to read in secret receiver/${kept} yet`
  const { hookPath } = await import('../web/receive/signature.ts')
  return `generated webhook URL ${await hookPath(token, { name, namespace })}`
}

const signing = (given: Given): object => {
  const name = given.text('signing-key-secret')
  return name === undefined ? {} : { signingKey: { secretRef: { name }, type: given.text('signing-key-type') ?? 'gpg' } }
}

function gitRef(given: Given): object {
  const [branch, commit] = [given.text('branch'), given.text('commit')]
  if (commit !== undefined) return { commit, ...some('branch', branch) }
  for (const [key, flag] of [
    ['name', 'ref-name'],
    ['semver', 'tag-semver'],
    ['tag', 'tag'],
    ['branch', 'branch'],
  ] as const) {
    const value = given.text(flag)
    if (value !== undefined) return { [key]: value }
  }
  throw new Usage('a Git ref is required, use one of the following: --branch, --tag, --commit, --ref-name or --tag-semver')
}
