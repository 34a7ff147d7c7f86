// Our adapters, against AWS itself: when TAGBOAT_AWS_REGION and TAGBOAT_AWS_ACCOUNT say where, and the SDK finds credentials as it always
// does. Everything is made under names of its own and removed at the end; about a quarter of an hour, since ECR takes ten images a second.
import { afterAll, describe, test } from 'vitest'
import { outboxContract } from '../contracts/outbox.ts'
import { registryContract } from '../contracts/registry.ts'
import { secretsContract } from '../contracts/secrets.ts'
import { storeContract } from '../contracts/store.ts'
import { awsSubjects } from './aws-subjects.ts'

const region = process.env['TAGBOAT_AWS_REGION'] ?? ''
const account = process.env['TAGBOAT_AWS_ACCOUNT'] ?? ''
const prefix = `tagboat-contract-${Date.now().toString(36)}`
const subjects = awsSubjects({ config: {}, region: region || 'us-east-1', account, prefix, layers: true })
afterAll(() => subjects.cleanUp(), 600_000)

describe.runIf(region !== '' && account !== '')('AWS itself holds', () => {
  for (const { name, cases } of [
    { name: 'a store', cases: storeContract.cases.map((each) => ({ ...each, run: async () => each.run(await subjects.store()) })) },
    { name: 'an outbox', cases: outboxContract.cases.map((each) => ({ ...each, run: async () => each.run(await subjects.outbox()) })) },
    {
      name: 'a secret reader',
      cases: secretsContract.cases.map((each) => ({ ...each, run: async () => each.run(await subjects.secrets()) })),
    },
    { name: 'a registry', cases: registryContract.cases.map((each) => ({ ...each, run: async () => each.run(await subjects.ecr()) })) },
  ])
    for (const each of cases) test(`${name}: ${each.name}`, { timeout: 900_000 }, each.run)
})
