import { Failure } from '../core/failure.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { paint, patiently } from './terminal.ts'

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
    if (!connected.boxed)
      throw new Failure(
        'not-boxed',
        `tagboat push is for a boxed world (npm start): push to a real registry with docker push, crane or skopeo, then look at tagboat history`,
      )
    const { url, fetch } = connected.boxed
    const { pushImage } = await import('./image.ts')
    const { outcomeOf, tell } = await import('./push-outcome.ts')
    const pushed: unknown[] = []
    for (const { name, tag } of images) {
      const content = given.text('content')
      const began = connected.world.clock.now()
      const digest = await pushImage({
        registry: url,
        fetch,
        name,
        tag,
        ...(content !== undefined && { content }),
      })
      if (format === 'text') terminal.out(`pushed ${name}:${tag} ${paint(terminal, 'dim', digest)}`)
      const outcome = given.is('no-wait')
        ? undefined
        : await patiently(terminal, 'waiting for the commit', outcomeOf({ name, tag, began }, connected))
      pushed.push({ name, tag, digest, ...(outcome && { outcome }) })
      if (format === 'text' && outcome) terminal.out(tell(outcome, terminal))
    }
    if (format !== 'text') await print(format, pushed, terminal, () => '')
    return 0
  },
}

/** As people paste it: with the address of the boxed registry, or with ECR's. */
const address = /^(?:127\.0\.0\.1|localhost)(?::\d+)?\/|^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//

function nameAndTag(word: string): Image {
  const [, name, tag] =
    /^([a-z0-9]+(?:(?:[._-]|__|\/)[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(word.replace(address, '')) ?? []
  if (name === undefined || tag === undefined) throw new Usage(`expected NAME:TAG such as app:1.2.4, got "${word}"`)
  return { name, tag }
}

interface Image {
  readonly name: string
  readonly tag: string
}
