// Which world a command speaks to. The choice depends on what was said and on folders alone, never on what happens to run:
//   --dir, TAGBOAT_DIR                              the world of that folder
//   --stack, --profile, --region, TAGBOAT_STACK     a deployment on AWS
//   a `.tagboat` folder here or above               the world of that folder
//   AWS credentials in the environment or in ~/.aws a deployment on AWS
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DeadLetters } from '../adapters/dead-letters.ts'
import type { Fetch } from '../adapters/http/fetch.ts'
import { Failure } from '../core/failure.ts'
import type { World } from '../ports.ts'
import { Usage, type Flag, type Given } from './command.ts'
import { nearestFolder } from './running.ts'
import { paint, patiently, type Terminal } from './terminal.ts'

export const defaultScope = 'default'
export const defaultStack = 'Tagboat'

export const connection: Readonly<Record<string, Flag>> = {
  scope: { type: 'string', value: 'NAME', about: `whose objects: one scope for each cluster (${defaultScope})` },
  stack: { type: 'string', value: 'NAME', about: `a deployment on AWS, by the name of its stack (${defaultStack})` },
  profile: { type: 'string', value: 'NAME', about: 'the AWS profile to use' },
  region: { type: 'string', value: 'NAME', about: 'the AWS region of the deployment' },
  dir: { type: 'string', value: 'FOLDER', about: 'the folder of a world on this machine (.tagboat here or above)' },
}

/** A world, and how to reach what is in it. */
export interface Reached {
  readonly world: World
  /** Said to a person who looks on; a test's own world says nothing. */
  readonly where?: string
  /** Where the registry of a boxed world answers, and by which way. */
  readonly boxed?: { readonly url: string; readonly fetch: Fetch }
  /** What was given up; absent where nobody says where it is kept. */
  readonly deadLetters?: readonly DeadLetters[]
  readonly close: () => void
}
/** Finds the world that the flags mean. */
export type Reach = (given: Given, terminal: Terminal) => Promise<Reached>
export interface Connection extends Reached {
  readonly scope: string
}

export async function connect(given: Given, terminal: Terminal): Promise<Connection> {
  const reached = await patiently(terminal, 'looking for the world', (terminal.reach ?? chosen)(given, terminal))
  if (terminal.live && reached.where !== undefined) terminal.error(paint(terminal, 'dim', `speaking to ${reached.where}`))
  return { ...reached, scope: given.text('scope') ?? defaultScope }
}

const chosen: Reach = async (given, terminal) => {
  const { environment, folder } = terminal
  const cloud = (['stack', 'profile', 'region'] as const).filter((flag) => given.text(flag) !== undefined)
  const named = given.text('dir')
  if (named !== undefined && cloud.length > 0)
    throw new Usage(`expected --dir (a world on this machine) or --${cloud.join(', --')} (one on AWS), got both`)
  const deployed = async () => (await import('./deployed-world.ts')).deployedWorld(given, terminal)
  const local = async (from: string | undefined) => (await import('./running-world.ts')).runningWorld(from, terminal)
  if (named !== undefined) return local(named)
  if (cloud.length > 0) return deployed()
  if (environment['TAGBOAT_DIR']) return local(environment['TAGBOAT_DIR'])
  if (environment['TAGBOAT_STACK']) return deployed()
  const here = nearestFolder(folder)
  if (here !== undefined) return local(here)
  if (hasCredentials(environment)) return deployed()
  throw new Failure(
    'no-world',
    [
      `there is nothing to speak to: no ${join(folder, '.tagboat')} or one above, and no AWS credentials`,
      '  to try it        npm start (or npx tagboat local), and this command in another terminal, in the same folder',
      '  on AWS           aws sso login (or AWS_PROFILE, AWS_ACCESS_KEY_ID), then --stack, --profile, --region if need be',
    ].join('\n'),
  )
}

/** Signs of them; whether they are good is found out by using them. Instances say with --stack or --region that they mean theirs. */
const hasCredentials = (environment: Terminal['environment']): boolean =>
  [
    'AWS_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ].some((name) => environment[name]) ||
  ['config', 'credentials'].some((file) => existsSync(join(environment['HOME'] ?? environment['USERPROFILE'] ?? '/nowhere', '.aws', file)))
