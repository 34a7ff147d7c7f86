import type { Backing, RefChange } from './backing.ts'
import { inTheWay } from './backing.ts'
import type { GitObject } from './objects.ts'
import { objectId } from './objects.ts'

export function memoryBacking(): Backing {
  const objects = new Map<string, GitObject>()
  const refs = new Map<string, string>()
  const kept: { note?: string } = {}
  const asExpected = (change: RefChange) => change.before === undefined || (refs.get(change.name) ?? null) === change.before
  const staying = (changes: readonly RefChange[]) => {
    const leaving = new Set(changes.filter(({ after }) => after === null).map(({ name }) => name))
    return [...refs.keys()].filter((name) => !leaving.has(name))
  }
  return {
    read: (oid) => objects.get(oid),
    has: (oid) => objects.has(oid),
    write(kind, body) {
      const oid = objectId(kind, body)
      if (!objects.has(oid)) objects.set(oid, { kind, body })
      return oid
    },
    ref: (name) => refs.get(name),
    refs: (prefix) => [...refs].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    move(changes) {
      for (const change of changes) {
        if (!asExpected(change)) return { moved: false, why: 'not-as-expected', name: change.name }
        const created = change.after !== null && !refs.has(change.name)
        if (created && inTheWay(change.name, staying(changes))) return { moved: false, why: 'in-the-way', name: change.name }
      }
      for (const { name, after } of changes) {
        if (after === null) refs.delete(name)
        else refs.set(name, after)
      }
      return { moved: true }
    },
    setHead: () => undefined,
    note: () => kept.note,
    putNote: (text) => void (kept.note = text),
  }
}
