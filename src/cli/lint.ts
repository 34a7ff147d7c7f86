import type { Command } from './command.ts'

export const lintCommand: Command = {
  name: 'lint',
  about: 'find markers and policies of a checkout that will not do what they look like',
  arguments: '[PATH]',
  flags: {
    strict: { type: 'boolean', about: 'exit 1 for warnings, too' },
    manifests: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      about: 'a file, a folder or - with the policies (whatever lies in PATH); may be repeated',
    },
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'for objects that name none (flux-system)' },
    tags: { type: 'string', value: 'FILE', about: 'try these, too: {"ghcr.io/example/app": ["1.2.3"]}' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
  },
  examples: ['tagboat lint', 'tagboat lint fleet --strict', 'kustomize build clusters/prod | tagboat lint . --manifests -'],
  run: async (given, terminal) => (await import('./lint-checkout.ts')).lintCheckout(given, terminal),
}
