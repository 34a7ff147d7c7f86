// What each credential has spent at its Git host: one small item, written before every commit by whoever is about to make it.
import { nothingSpent, type Budget } from '../../core/budget.ts'
import type { Store } from '../../ports.ts'
import { attributes, FORMAT, numberOf, pack, unpackBody } from './item.ts'
import { budgetKey } from './keys.ts'
import { atVersion, type Wire } from './wire.ts'

export const budgets = (wire: Wire): Pick<Store, 'budget' | 'putBudget'> => ({
  budget: async (payer) => {
    const item = await wire.get(budgetKey(payer))
    return item ? { budget: unpackBody<Budget>(item), version: numberOf(item, 'version') } : { budget: nothingSpent, version: 0 }
  },
  putBudget: (payer, budget, expected) => {
    const body = pack(budget, `the budget of ${payer}`)
    return wire.put(attributes({ ...budgetKey(payer), v: FORMAT, is: 'budget', version: expected + 1, body }), atVersion(expected))
  },
})
