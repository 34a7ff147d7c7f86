import { Usage, type Command, type Given } from './command.ts'
import { defaultScope } from './connect.ts'
import { defaultFolder } from './running.ts'

export const runCommandLine: Command = {
  name: 'run',
  about: 'run tagboat as one process against real registries and GitHub, its state in a folder; no AWS account',
  flags: {
    manifests: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      about: 'a file or folder with the policies, read again every minute; may be repeated',
    },
    'git-repositories': {
      type: 'string',
      value: 'OWNER/NAME',
      multiple: true,
      about: 'what may be written, whatever manifests say; commas between, or repeated',
    },
    secrets: {
      type: 'string',
      value: 'FOLDER|FILE|env',
      about: 'ROLE/SCOPE/NAMESPACE/NAME/KEY, manifests of Secrets, or TAGBOAT_GITHUB_TOKEN (env)',
    },
    'registry-auth': { type: 'string', value: 'FILE', about: 'logins as docker writes them (~/.docker/config.json)' },
    mode: { type: 'string', value: 'write|observe', about: 'observe: decide and say so, write nothing (write)' },
    listen: { type: 'string', value: 'HOST:PORT', about: 'dashboard, webhooks, /healthz and /metrics (127.0.0.1:4222)' },
    dir: { type: 'string', value: 'FOLDER', about: `where its state is kept (${defaultFolder})` },
    scope: { type: 'string', value: 'NAME', about: `whose objects the manifests are (${defaultScope})` },
    'github-api': { type: 'string', value: 'URL', about: 'the API of a GitHub Enterprise Server, where its host does not tell' },
    log: { type: 'string', value: 'text|json', about: 'what it says of its work (text on a terminal, json elsewhere)' },
  },
  examples: [
    'tagboat run --manifests clusters/prod --git-repositories example/fleet --secrets secrets',
    'tagboat run --manifests images.yaml --git-repositories example/fleet --secrets secrets.yaml --mode observe',
  ],
  lasting: () => true,
  run: async (given, terminal) => {
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}"`)
    const { runWorld } = await import('./run-world.ts')
    return runWorld(
      {
        manifests: given.texts('manifests'),
        gitRepositories: given.texts('git-repositories').flatMap((each) => each.split(',').filter((name) => name !== '')),
        secrets: given.text('secrets') ?? 'env',
        registryAuth: given.text('registry-auth'),
        mode: oneOf(given, 'mode', ['write', 'observe']) ?? 'write',
        ...addressOf(given.text('listen') ?? '127.0.0.1:4222'),
        folder: given.text('dir') ?? defaultFolder,
        scope: given.text('scope') ?? defaultScope,
        githubApi: given.text('github-api'),
        log: oneOf(given, 'log', ['text', 'json']) ?? (terminal.live ? 'text' : 'json'),
      },
      terminal,
    )
  },
}

function oneOf<Word extends string>(given: Given, flag: string, words: readonly Word[]): Word | undefined {
  const said = given.text(flag)
  const found = words.find((word) => word === said)
  if (said !== undefined && found === undefined) throw new Usage(`expected --${flag} to be ${words.join(' or ')}, got "${said}"`)
  return found
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*)\]?:)?([0-9]{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new Usage(`expected --listen to be HOST:PORT or PORT, got "${text}"`)
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port) }
}
