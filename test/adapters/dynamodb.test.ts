import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/ports.ts'
import { failures, runContract } from '../contracts/contract.ts'
import type { StoreUnderTest } from '../contracts/store.ts'
import { storeContract } from '../contracts/store.ts'
import type { LocalDynamodb } from './dynamodb/local.ts'
import { startDynamodb } from './dynamodb/local.ts'

let local: LocalDynamodb
beforeAll(async () => {
  local = await startDynamodb()
})
afterAll(() => local.stop())

describe('the DynamoDB adapter, over dynalite, is', () => {
  runContract(storeContract, () => local.make())
})

describe('the contract notices a store', () => {
  const doubles: readonly (readonly [fault: string, noticedBy: RegExp, double: (store: Store) => Partial<Store>])[] = [
    [
      'that overwrites a selection whatever its version',
      /a selection is written only/,
      (store) => ({ putSelection: async (each) => store.putSelection(each, (await store.selection(each.policy))?.version ?? 0) }),
    ],
    [
      'that lets go although asked has moved',
      /unless whatever/,
      (store) => ({ letGo: (id, tenure, kept) => store.letGo(id, tenure, { ...kept, whatever: true }) }),
    ],
    [
      'that does not look at the tenure',
      /former holder/,
      (store) => ({ keep: async (id, _, kept) => store.keep(id, (await store.target(id))?.tenure ?? 0, kept) }),
    ],
    [
      'that counts no marks',
      /a mark creates the target/,
      (store) => ({ mark: async (id, due) => (await store.target(id)) ?? store.mark(id, due) }),
    ],
    ['that says it wrote an entry twice', /written once/, (store) => ({ putEntry: async (each) => (await store.putEntry(each)) || true })],
    ['that gives a lease to anybody', /of fifty who want a lease/, () => ({ lease: async () => true })],
    ['that knows nothing due', /in order of time/, () => ({ due: async () => [] })],
  ]
  test.each(doubles)('%s', async (_, noticedBy, double) => {
    const cases = storeContract.cases.filter((each) => noticedBy.test(each.name))
    const make = async (): Promise<StoreUnderTest> => {
      const { store, setTime } = await local.make()
      return { store: { ...store, ...double(store) }, setTime }
    }
    expect(await failures({ ...storeContract, cases }, make)).toEqual(cases.map((each) => each.name))
    expect(cases.length).toBe(1)
  })
})
