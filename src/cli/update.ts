import type { Command } from './command.ts'

export const updateCommand: Command = {
  name: 'update',
  about: 'write what the registries have now into a checkout, and keep no state',
  arguments: '[PATH]',
  flags: {
    check: { type: 'boolean', about: 'write nothing; exit 1 if something would change' },
    diff: { type: 'boolean', about: 'show a patch' },
    manifests: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      about: 'a file, a folder or - with the policies (whatever lies in PATH); may be repeated',
    },
    automation: { type: 'string', value: 'NAME', multiple: true, about: 'only this ImageUpdateAutomation; may be repeated' },
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'for objects that name none (flux-system)' },
    'registry-auth': { type: 'string', value: 'FILE', about: 'logins as docker writes them (~/.docker/config.json)' },
    tags: { type: 'string', value: 'FILE', about: 'ask no registry: {"ghcr.io/example/app": ["1.2.3"]}' },
    'commit-message-file': { type: 'string', value: 'FILE', about: 'where the commit message is written, if something changes' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
  },
  examples: [
    'tagboat update',
    'tagboat update fleet --check --diff',
    'tagboat update --automation apps --commit-message-file message.txt',
    'kustomize build clusters/prod | tagboat update . --manifests -',
  ],
  run: async (given, terminal) => (await import('./update-checkout.ts')).updateCheckout(given, terminal),
}
