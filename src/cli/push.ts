import { ecrImage, imageKey } from '../core/image.ts'
import type { ImageRepositorySpec } from '../core/spec.ts'
import type { Entry } from '../core/state.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection, type Connection } from './connect.ts'
import { pushImage } from './image.ts'
import { isFormat, print } from './print.ts'
import { paint, type Terminal } from './terminal.ts'

export const pushCommand: Command = {
  name: 'push',
  about: 'build a tiny image, push it to the boxed registry and show what came of it',
  arguments: 'NAME:TAG…',
  flags: {
    content: { type: 'string', value: 'TEXT', about: 'what makes this image another one under the same tag' },
    'no-wait': { type: 'boolean', about: 'return when the push is accepted' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat push app:1.2.4', 'tagboat push app-dev:dev-4e1d2c3-100042', 'tagboat push app:1.2.5 --content "another build"'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    if (given.words.length === 0) throw new Usage('expected an image such as app:1.2.4, got none')
    const images = given.words.map(nameAndTag)
    const connected = await connect(given, terminal)
    const pushed: unknown[] = []
    for (const { name, tag } of images) {
      const content = given.text('content')
      const began = connected.world.clock.now()
      const digest = await pushImage({ registry: connected.url, fetch: connected.fetch, name, tag, ...(content !== undefined && { content }) })
      if (format === 'text') terminal.out(`pushed ${name}:${tag} ${paint(terminal, 'dim', digest)}`)
      const outcome = given.is('no-wait') ? undefined : await outcomeOf({ name, tag, began }, connected)
      pushed.push({ name, tag, digest, ...(outcome && { outcome }) })
      if (format === 'text' && outcome) terminal.out(tell(outcome, terminal))
    }
    if (format !== 'text') print(format, pushed, terminal, () => '')
    return 0
  },
}

function nameAndTag(word: string): { readonly name: string; readonly tag: string } {
  const [, name, tag] = /^([a-z0-9]+(?:(?:[._-]|__|\/)[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(word) ?? []
  if (name === undefined || tag === undefined) throw new Usage(`expected NAME:TAG such as app:1.2.4, got "${word}"`)
  return { name, tag }
}

type Outcome =
  | { readonly is: 'committed'; readonly entries: readonly Entry[]; readonly milliseconds: number }
  | { readonly is: 'not-chosen'; readonly policies: readonly { readonly policy: string; readonly tag: string | undefined }[] }
  | { readonly is: 'not-watched' }
  | { readonly is: 'not-yet' }

/** A moment is enough on this machine; what takes longer is said so. */
const patience = 5_000

async function outcomeOf(
  { name, tag, began }: { readonly name: string; readonly tag: string; readonly began: number },
  { world, scope }: Connection,
): Promise<Outcome> {
  const until = began + patience
  let quiet = 0
  for (;;) {
    const shelf = await world.store.shelf(scope)
    const repositories = shelf.objects.filter((object) => {
      const image = object.kind === 'ImageRepository' ? (object.spec as ImageRepositorySpec).image : ''
      return image !== '' && (ecrImage(image)?.repository === name || imageKey(image)?.endsWith(`/${name}`))
    })
    if (repositories.length === 0) return { is: 'not-watched' }
    const policies = shelf.objects.filter(
      ({ kind, spec }) =>
        kind === 'ImagePolicy' &&
        repositories.some((each) => each.name === (spec as { imageRepositoryRef: { name: string } }).imageRepositoryRef.name),
    )
    const namespaces = [...new Set(policies.map(({ namespace }) => namespace))]
    const pages = await Promise.all(namespaces.map((namespace) => world.store.entries(scope, namespace, { limit: 20 })))
    const mine = pages
      .flatMap(({ entries }) => entries)
      .filter(
        ({ at, outcome }) =>
          at >= began - 1000 &&
          outcome.is === 'committed' &&
          outcome.changes.some(({ newValue }) => newValue === tag || newValue.includes(`:${tag}`)),
      )
    const last = mine.map(({ outcome }) => (outcome.is === 'committed' ? outcome.committedAt : 0))
    if (mine.length > 0) return { is: 'committed', entries: mine, milliseconds: Math.max(...last) - began }
    const chosen = policies.map((policy) => ({
      policy: `${policy.namespace}/${policy.name}`,
      tag: shelf.selections.find((each) => each.policy.namespace === policy.namespace && each.policy.name === policy.name)?.latestRef?.tag,
    }))
    // Nobody chose it, and has had time to.
    if (chosen.every((each) => each.tag !== tag) && ++quiet > 5) return { is: 'not-chosen', policies: chosen }
    if (world.clock.now() > until) return { is: 'not-yet' }
    await world.clock.sleep(100)
  }
}

function tell(outcome: Outcome, terminal: Terminal): string {
  switch (outcome.is) {
    case 'committed':
      return outcome.entries
        .flatMap((entry) =>
          entry.outcome.is !== 'committed'
            ? []
            : [
                `committed ${paint(terminal, 'yellow', entry.outcome.commit.slice(0, 7))} to ${entry.target.owner}/${entry.target.repository}@${entry.target.branch}`,
                ...entry.outcome.changes.flatMap(({ path, oldValue, newValue }) => [
                  `  ${path}`,
                  paint(terminal, 'red', `    - ${oldValue}`),
                  paint(terminal, 'green', `    + ${newValue}`),
                ]),
              ],
        )
        .join('\n')
    case 'not-chosen':
      return `nothing to commit: ${outcome.policies.map(({ policy, tag }) => `policy ${policy} stays with ${tag ?? 'no tag'}`).join('; ')}`
    case 'not-watched':
      return 'nothing to commit: no ImageRepository watches this image (tagboat get repositories)'
    case 'not-yet':
      return 'nothing was committed yet; tagboat get images all says why, tagboat history what came of it'
  }
}
