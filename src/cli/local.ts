import { Usage, type Command } from './command.ts'
import { defaultFolder } from './running.ts'

export const localCommand: Command = {
  name: 'local',
  about: 'run the whole product in a boxed world: registry, GitHub, AWS and a dashboard on one port',
  flags: {
    port: { type: 'string', short: 'p', value: 'NUMBER', about: 'where it listens on 127.0.0.1 (4222; 0: any free port)' },
    dir: { type: 'string', value: 'FOLDER', about: `where its state is kept (${defaultFolder})` },
    fresh: { type: 'boolean', about: 'forget the state of before' },
    bare: { type: 'boolean', about: 'without the sample repository, images and manifests' },
  },
  examples: ['npm start', 'npm start -- --port 8080', 'npx tagboat local --fresh', 'npx tagboat local --dir demo --port 0'],
  lasting: () => true,
  run: async (given, terminal) => {
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}"`)
    const port = portOf(given.text('port') ?? '4222')
    const { runLocal } = await import('./local-world.ts')
    await runLocal({ port, folder: given.text('dir') ?? defaultFolder, sample: !given.is('bare'), fresh: given.is('fresh') }, terminal)
    return 0
  },
}

function portOf(text: string): number {
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port > 65_535) throw new Usage(`expected --port to be a number from 0 to 65535, got "${text}"`)
  return port
}
