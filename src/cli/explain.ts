import { Usage, type Command, type Given } from './command.ts'
import { connection } from './connect.ts'
import { namespaceFlag } from './objects.ts'

export const explainCommand: Command = {
  name: 'explain',
  about: 'why a tag is chosen or is not, and which commit followed',
  arguments: 'IMAGE:TAG | policy NAME',
  choices: ['policy'],
  flags: {
    ...namespaceFlag,
    limit: { type: 'string', value: 'NUMBER', about: 'of a policy: how many tags to show (10)' },
    path: { type: 'string', value: 'FOLDER', about: 'ask a checkout with its manifests instead of a world' },
    tags: { type: 'string', value: 'FILE', about: 'with --path, ask no registry: {"ghcr.io/example/app": ["1.2.3"]}' },
    'registry-auth': { type: 'string', value: 'FILE', about: 'with --path, logins as docker writes them (~/.docker/config.json)' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: [
    'tagboat explain app:1.2.4',
    'tagboat explain ghcr.io/your-org/app:1.2.4-rc.1 -o json',
    'tagboat explain policy app',
    'tagboat explain policy app --path . --tags tags.json',
  ],
  run: async (given, terminal) => {
    const what = subjectOf(given)
    const { explainPolicy, explainImage } = await import('./explain-why.ts')
    return what.is === 'policy' ? explainPolicy(what, given, terminal) : explainImage(what, given, terminal)
  },
}

export type Subject =
  | { readonly is: 'policy'; readonly name: string; readonly limit: number }
  | { readonly is: 'image'; readonly image: string; readonly tag: string }

function subjectOf(given: Given): Subject {
  const [first, second, ...more] = given.words
  const limit = Number(given.text('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1)
    throw new Usage(`expected --limit to be a whole number above 0, got "${given.text('limit') ?? ''}"`)
  if (more.length > 0 || (second !== undefined && first !== 'policy'))
    throw new Usage(`expected IMAGE:TAG or policy NAME, got ${given.words.map((word) => `"${word}"`).join(' and ')}`)
  if (first === 'policy') {
    if (second === undefined) throw new Usage('expected the name of a policy after "policy", got nothing')
    return { is: 'policy', name: second, limit }
  }
  const [, image, tag] = /^([^\s@]+):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(first ?? '') ?? []
  if (image === undefined || tag === undefined)
    throw new Usage(`expected IMAGE:TAG such as app:1.2.4, or policy NAME, got ${first === undefined ? 'nothing' : `"${first}"`}`)
  return { is: 'image', image, tag }
}
