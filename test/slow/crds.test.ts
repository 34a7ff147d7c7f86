// Our reader against Flux's own CRDs: what an API server takes, we take, and what it refuses, we refuse; but for the differences below.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isKind, readManifests } from '../../src/core/spec.ts'
import { mulberry } from '../boxed.ts'
import { judgeOf, readCrd } from './crd-judge.ts'
import { agreed, broken, draw } from './crd-objects.ts'

const folder = process.env['TAGBOAT_CRDS'] ?? ''
const objectsOfKind = 1500

/** Where we are stricter than the schema, on purpose: docs/spec/differences.md, "Objects". By our message. */
const differences: readonly { readonly what: string; readonly says: RegExp }[] = [
  { what: 'a reference without a name', says: /expected a name, got ""/ },
  { what: 'a name that no object can have', says: /The value .*|expected .*253|Invalid length/ },
  { what: 'an empty expression', says: /expected an expression, got ""/ },
]
const crds = readdirSync(folder)
  .sort()
  .flatMap((file) => readCrd(readFileSync(join(folder, file), 'utf8')) ?? [])
  .filter(({ kind }) => isKind(kind))

test('there is a CRD for every kind of Flux that is read', () => {
  expect(crds.map(({ kind }) => kind)).toEqual(['ImagePolicy', 'ImageRepository', 'ImageUpdateAutomation', 'Receiver', 'GitRepository'])
})

const met = new Map<string, number>()
test.each(crds)('$kind is accepted and refused alike', (crd) => {
  const judge = judgeOf(crd)
  const chance = mulberry(crd.kind.length * 7919)
  const count = { accepted: 0, refused: 0, beyond: 0 }
  const unlike: unknown[] = []
  for (let at = 0; at < objectsOfKind; at++) {
    const whole = agreed(draw(crd.spec, chance, { often: [0.1, 0.4, 0.9][at % 3] ?? 0.4 }), chance)
    // A third as drawn, the others with one or two things broken.
    const spec = at % 3 === 0 ? whole : at % 3 === 1 ? broken(whole, chance) : broken(broken(whole, chance), chance)
    const theirs = judge(spec)
    const object = { apiVersion: `${crd.group}/v1`, kind: crd.kind, metadata: { name: 'app' }, spec }
    const { problems } = readManifests(JSON.stringify(object), 'object', { namespace: 'flux-system' })
    // What a schema cannot say, and Flux says later, in a condition, we refuse at once: those problems have a code.
    const ours = problems.filter(({ code }) => code === undefined)
    if (ours.length === 0 && problems.length > 0) count.beyond++
    if (theirs.accepted) count.accepted++
    else count.refused++
    if (theirs.accepted === (ours.length === 0)) continue
    const known = theirs.accepted && ours.every(({ message }) => differences.some(({ says }) => says.test(message)))
    if (!known) unlike.push({ spec, theirs: theirs.why || 'accepted', ours: problems.map(({ message }) => message) })
    else
      for (const { what } of differences.filter(({ says }) => ours.some(({ message }) => says.test(message))))
        met.set(what, (met.get(what) ?? 0) + 1)
  }
  console.log(JSON.stringify({ name: `crd-${crd.kind}`, objects: objectsOfKind, ...count }))
  expect(unlike.slice(0, 5)).toEqual([])
  // A corpus of one colour would prove nothing.
  expect(Math.min(count.accepted, count.refused)).toBeGreaterThan(objectsOfKind / 10)
})

test('every difference that is listed was met', () => {
  expect(differences.map(({ what }) => what).filter((what) => !met.has(what))).toEqual([])
})
