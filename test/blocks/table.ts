// What the commands of other texts are called here, or why there is no such thing. One table: what is not in it has no excuse.

export interface Row {
  /** Words; `a|b` is either, a last `*` anything that follows. */
  readonly said: string
  /** The command that does it here. */
  readonly run?: string
  /** Why nothing does it here, and what to do. */
  readonly reason?: string
  /** Why there is nothing to do. */
  readonly already?: string
}

const later = 'not in this version: '
const flux = 'stays with Flux, which goes on beside tagboat: '

/** The first row that fits counts. */
export const rows: readonly Row[] = [
  { said: 'npm start *', already: 'the document runs in such a world, with its sample' },
  { said: 'tagboat dlq *', already: 'a boxed world gives nothing up: only a deployment has dead-letter queues' },
  { said: 'tagboat run *', already: 'the document runs in a boxed world, which is one process, too' },
  { said: 'tagboat local *', already: 'the document runs in such a world, with its sample' },
  { said: 'tagboat *', run: 'tagboat' },

  // Flux's own words and flags, typed with another name.
  { said: 'flux get|create|reconcile|suspend|resume|delete|export image|images *', run: 'tagboat' },
  { said: 'flux get|create|reconcile|suspend|resume|delete|export source|sources git *', run: 'tagboat' },
  { said: 'flux create secret git|githubapp|oci *', run: 'tagboat' },
  { said: 'flux get all *', run: 'tagboat' },
  { said: 'kubectl get imagerepository|imagerepositories|imgrepo|imagerepo *', run: 'get repositories' },
  { said: 'kubectl get imagepolicy|imagepolicies|imgpol|imagepol *', run: 'get policies' },
  { said: 'kubectl get imageupdateautomation|imageupdateautomations|iua|imgupd|imgauto *', run: 'get updates' },
  // What describe adds to get is the status and its conditions.
  { said: 'kubectl describe imagerepository|imagerepositories|imgrepo|imagerepo *', run: 'get repositories -o yaml' },
  { said: 'kubectl describe imagepolicy|imagepolicies|imgpol|imagepol *', run: 'get policies -o yaml' },
  { said: 'kubectl describe imageupdateautomation|imageupdateautomations|iua|imgupd|imgauto *', run: 'get updates -o yaml' },
  { said: 'kubectl annotate imagerepository|imagerepositories|imgrepo|imagerepo *', run: 'reconcile image repository' },
  { said: 'kubectl annotate imagepolicy|imagepolicies|imgpol|imagepol *', run: 'reconcile image policy' },
  { said: 'kubectl annotate imageupdateautomation|imageupdateautomations|iua|imgupd|imgauto *', run: 'reconcile image update' },
  { said: 'kubectl annotate gitrepository|gitrepositories|gitrepo *', run: 'reconcile source git' },
  // Nobody logs in a cluster; what the logs are read for is told by these.
  { said: 'kubectl logs deploy/image-automation-controller|deployment/image-automation-controller *', run: 'history' },
  { said: 'kubectl logs deploy/image-reflector-controller|deployment/image-reflector-controller *', run: 'get repositories' },

  {
    said: 'flux bootstrap *',
    reason: `${flux}it installs controllers into a cluster; for tagboat run npx cdk deploy once, or npm start to try it`,
  },
  { said: 'flux install|uninstall *', reason: `${flux}tagboat is installed by npx cdk deploy and removed by npx cdk destroy` },
  { said: 'flux check *', reason: 'checks a cluster, and tagboat has none: tagboat get all shows whether everything is ready' },
  {
    said: 'flux create secret *',
    reason: `${later}put the secret into Secrets Manager as tagboat/registry/SCOPE/NAMESPACE/NAME`,
  },
  {
    said: 'flux create|trigger receiver *',
    reason: `${later}pushes to ECR need no receiver, other registries are polled at their interval`,
  },
  { said: 'flux logs|events *', reason: 'reads a cluster: tagboat history tells what was committed, tagboat get images all what is wrong' },
  {
    said: 'flux version|completion|stats|migrate|envsubst|debug|tree|trace|build|diff|push|pull|tag|list *',
    reason: `${flux}about clusters`,
  },
  { said: 'flux get|create|reconcile|suspend|resume|delete|export *', reason: `${flux}not a kind of image automation` },
  { said: 'kubectl get|logs|describe|annotate *', reason: 'not a kind of image automation: ask the cluster' },
]

/** Flags of kubectl: what becomes of each, and whether a value follows. */
export const flags: Readonly<Record<string, { readonly value: boolean; readonly is: 'kept' | 'dropped' | 'output' }>> = {
  '-n': { value: true, is: 'kept' },
  '--namespace': { value: true, is: 'kept' },
  '-w': { value: false, is: 'kept' },
  '--watch': { value: false, is: 'kept' },
  '--no-header': { value: false, is: 'kept' },
  '-o': { value: true, is: 'output' },
  '--output': { value: true, is: 'output' },
  '-A': { value: false, is: 'kept' },
  '--all-namespaces': { value: false, is: 'kept' },
  '-l': { value: true, is: 'kept' },
  '--overwrite': { value: false, is: 'dropped' },
  '--field-manager': { value: true, is: 'dropped' },
  // They choose from a stream of log lines; there is none.
  '-f': { value: false, is: 'dropped' },
  '--follow': { value: false, is: 'dropped' },
  '--tail': { value: true, is: 'dropped' },
  '--since': { value: true, is: 'dropped' },
  '-c': { value: true, is: 'dropped' },
}

/** Kinds that people write beside image automation, and where they belong. */
export const kinds: Readonly<Record<string, string>> = {
  Provider: 'not in this version: every commit is an event on the default bus',
  Alert: 'not in this version: every commit is an event on the default bus',
}

export type Translated =
  | { readonly is: 'run'; readonly words: readonly string[]; readonly name?: string; readonly jsonpath?: string }
  | { readonly is: 'already'; readonly why: string }
  | { readonly is: 'refused'; readonly reason: string; readonly stated: boolean }

export function translate(words: readonly string[]): Translated {
  const [tool = ''] = words
  const { positionals, kept, dropped, output } = sort(words)
  const said = tool === 'kubectl' ? positionals.map(bare).flatMap((word, at) => (at === 2 ? kindAndName(word) : [word])) : positionals
  const row = rows.find((each) => fits(each.said, said))
  if (!row) return { is: 'refused', reason: `the table has no answer to ${said.slice(0, 3).join(' ')}`, stated: false }
  if (row.already !== undefined) return { is: 'already', why: row.already }
  if (row.run === undefined) return { is: 'refused', reason: row.reason ?? '', stated: true }
  if (row.run === 'tagboat') return { is: 'run', words: words.slice(1) }
  if (dropped.length > 0) return { is: 'refused', reason: `the table has no answer to the flag ${dropped.join(', ')}`, stated: false }
  const rest = said.slice(row.said.split(' ').length - 1)
  const jsonpath = output === undefined ? undefined : /^jsonpath=['"]?(.*?)['"]?$/.exec(output)?.[1]
  const format = jsonpath !== undefined ? ['-o', 'json'] : output === undefined || output === 'wide' ? [] : ['-o', output]
  const name = row.run === 'history' ? undefined : rest[0]
  return {
    is: 'run',
    words: [...row.run.split(' '), ...(name === undefined || jsonpath !== undefined ? [] : [name]), ...kept, ...format],
    ...(jsonpath !== undefined && { jsonpath }),
    ...(name !== undefined && { name }),
  }
}

function sort(words: readonly string[]): {
  readonly positionals: readonly string[]
  readonly kept: readonly string[]
  readonly dropped: readonly string[]
  readonly output: string | undefined
} {
  const positionals: string[] = []
  const kept: string[] = []
  const dropped: string[] = []
  let output: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^-./.test(word)) {
      positionals.push(word)
      continue
    }
    const [name = '', inline] = word.startsWith('--') ? splitOnce(word) : [word]
    const flag = flags[name]
    const value = flag?.value ? (inline ?? words[++at] ?? '') : undefined
    if (!flag) dropped.push(name)
    else if (flag.is === 'output') output = value
    else if (flag.is === 'kept') kept.push(name, ...(value === undefined ? [] : [value]))
  }
  return { positionals, kept, dropped, output }
}

const splitOnce = (word: string): readonly [string, string | undefined] => {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}
/** `imagepolicies.image.toolkit.fluxcd.io` → `imagepolicies`. */
const bare = (word: string): string => word.replace(/\.(?:image|source)\.toolkit\.fluxcd\.io(?=$|\/)/, '')
/** `imagepolicy/app` → `imagepolicy app`; a deployment's slash stays. */
const kindAndName = (word: string): readonly string[] => (/^(image|img|iua|gitrepo)\w*\//.test(word) ? word.split('/') : [word])

function fits(said: string, words: readonly string[]): boolean {
  const pattern = said.split(' ')
  const open = pattern.at(-1) === '*'
  const wanted = open ? pattern.slice(0, -1) : pattern
  return (
    words.length >= wanted.length &&
    (open || words.length === wanted.length) &&
    wanted.every((each, at) => each.split('|').includes(words[at] ?? ''))
  )
}

/** `{.status.latestImage}` of one object, as kubectl prints it. */
export function jsonpathOf(value: unknown, path: string): string | undefined {
  const keys = /^\{((?:\.[\w-]+)+)\}$/.exec(path)?.[1]?.slice(1).split('.')
  let at = value
  for (const key of keys ?? []) at = (at as Record<string, unknown> | null | undefined)?.[key]
  if (keys === undefined || at === undefined) return undefined
  return typeof at === 'string' ? at : JSON.stringify(at)
}
