import { suggestion, Usage, type Given, type Group } from './command.ts'
import { connect, connection } from './connect.ts'

const what = ['events', 'scans', 'targets']

export const dlqGroup: Group = {
  name: 'dlq',
  about: 'what was given up: look at it, and send it on its way again',
  commands: [
    {
      name: 'dlq list',
      about: 'what each dead-letter queue holds, and what it is about',
      arguments: '[events|scans|targets]',
      choices: what,
      flags: { output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs, with the whole messages' }, ...connection },
      examples: ['tagboat dlq list', 'tagboat dlq list scans', 'tagboat dlq list -o json'],
      run: async (given, terminal) => {
        const queue = queueIn(given)
        const { listDeadLetters } = await import('./dlq-list.ts')
        const { deadLetters, where, close } = await connect(given, terminal)
        try {
          return await listDeadLetters({ deadLetters, where, queue, format: given.text('output') }, terminal)
        } finally {
          close()
        }
      },
    },
    {
      name: 'dlq redrive',
      about: 'send what was given up on its way again, after the cause is mended',
      arguments: '[events|scans|targets]',
      choices: what,
      flags: connection,
      examples: ['tagboat dlq redrive', 'tagboat dlq redrive targets --stack Tagboat'],
      run: async (given, terminal) => {
        const queue = queueIn(given)
        const { redriveDeadLetters } = await import('./dlq-redrive.ts')
        const { world, deadLetters, where, close } = await connect(given, terminal)
        try {
          return await redriveDeadLetters({ world, deadLetters, where, queue }, terminal)
        } finally {
          close()
        }
      },
    },
  ],
}

/** None: all of them. */
function queueIn({ words }: Given): string | undefined {
  const [queue, more] = words
  if (more !== undefined) throw new Usage(`expected one of ${what.join(', ')}, or nothing for all of them, got "${words.join(' ')}"`)
  if (queue !== undefined && !what.includes(queue))
    throw new Usage(`expected one of ${what.join(', ')}, got "${queue}"${suggestion(queue, what)}`)
  return queue
}
