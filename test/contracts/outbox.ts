import { expect } from 'vitest'
import { parseScanMessage, parseTargetMessage } from '../../src/core/messages.ts'
import type { Outbox, ScanRequest } from '../../src/ports.ts'
import type { Contract } from './contract.ts'

/** An outbox, and what arrived at its other end, in order. */
export interface OutboxSubject {
  readonly outbox: Outbox
  readonly woken: () => Promise<readonly { readonly body: string; readonly group: string }[]>
  readonly scans: () => Promise<readonly string[]>
  readonly announced: () => Promise<
    readonly { readonly source: string; readonly detailType: string; readonly detail: Readonly<Record<string, unknown>> }[]
  >
}

const target = { host: 'github.com', owner: 'org', repository: 'fleet', branch: 'main' }
const request: ScanRequest = { imageRepository: { scope: 'default', namespace: 'flux-system', name: 'app' }, why: 'doubt' }

export const outboxContract: Contract<OutboxSubject> = {
  name: 'an outbox',
  cases: [
    {
      name: 'wakes the target that is named',
      run: async ({ outbox, woken }) => {
        await outbox.wake(target, 'a')
        expect((await woken()).map(({ body }) => parseTargetMessage(body))).toEqual([{ ok: true, value: target }])
      },
    },
    {
      name: 'wakes once for one deduplication, and again for another',
      run: async ({ outbox, woken }) => {
        for (const deduplication of ['a', 'a', 'b', 'a']) await outbox.wake(target, deduplication)
        expect((await woken()).length).toBe(2)
      },
    },
    {
      name: 'tells deduplications apart however long they are, and whatever they hold',
      run: async ({ outbox, woken }) => {
        const long = `${'é /'.repeat(300)}`
        await outbox.wake(target, `${long}1`)
        await outbox.wake(target, `${long}2`)
        expect((await woken()).length).toBe(2)
      },
    },
    {
      name: 'gives each target a group of its own, and a target always the same',
      run: async ({ outbox, woken }) => {
        await outbox.wake(target, 'a')
        await outbox.wake({ ...target, branch: 'other' }, 'b')
        await outbox.wake(target, 'c')
        const groups = new Map<string, string[]>()
        for (const { body, group } of await woken()) groups.set(group, [...(groups.get(group) ?? []), body])
        expect([...groups.values()].map((bodies) => [bodies.length, new Set(bodies).size]).sort()).toEqual([
          [1, 1],
          [2, 1],
        ])
      },
    },
    {
      name: 'reaches a branch whose name no queue would take',
      run: async ({ outbox, woken }) => {
        const odd = { ...target, branch: `feature/ünï ${'x'.repeat(500)}` }
        await outbox.wake(odd, 'a')
        expect((await woken()).map(({ body }) => parseTargetMessage(body))).toEqual([{ ok: true, value: odd }])
      },
    },
    {
      name: 'asks for scans, each time it is told to',
      run: async ({ outbox, scans }) => {
        await outbox.scan(request)
        await outbox.scan(request)
        const confirm = { ...request, confirm: { tag: '1.2.3', signal: 'id', at: 5 } }
        await outbox.scan(confirm)
        const arrived = (await scans()).map((body) => JSON.stringify(parseScanMessage(body))).sort()
        expect(arrived).toEqual([request, request, confirm].map((value) => JSON.stringify({ ok: true, value })).sort())
      },
    },
    {
      name: 'announces under our name, with the id by which readers tell repeats',
      run: async ({ outbox, announced }) => {
        await outbox.announce('one', 'Change committed', { commit: 'abc', changes: [1, 2] })
        expect(await announced()).toEqual([
          { source: 'tagboat', detailType: 'Change committed', detail: { id: 'one', commit: 'abc', changes: [1, 2] } },
        ])
      },
    },
    {
      name: 'announces what is too large in short',
      run: async ({ outbox, announced }) => {
        const changes = Array.from({ length: 4000 }, (_, at) => ({ path: `apps/é/${at}/${'x'.repeat(100)}` }))
        await outbox.announce('one', 'Change committed', { commit: 'abc', changes })
        const [{ detail } = { detail: {} }] = await announced()
        const kept = detail as { id?: string; commit?: string; changes?: unknown[]; shortened?: string[] }
        expect([kept.id, kept.commit, kept.shortened]).toEqual(['one', 'abc', ['changes']])
        expect(kept.changes).toEqual(changes.slice(0, kept.changes?.length))
        expect(kept.changes?.length).toBeGreaterThanOrEqual(1000)
      },
    },
  ],
}
