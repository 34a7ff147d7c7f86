import { describe, expect, test } from 'vitest'
import { conditionsOf, exported, resource } from '../../src/core/resource.ts'
import { nothingYet } from '../../src/core/choose.ts'
import type { Condition, Selection, StoredObject } from '../../src/core/state.ts'

const written = Date.parse('2026-01-01T00:00:00Z')
const at = '2026-01-01T00:00:00Z'
const object = (more: Partial<StoredObject> = {}): StoredObject => ({
  scope: 'default',
  namespace: 'flux-system',
  kind: 'ImagePolicy',
  name: 'app',
  apiVersion: 'image.toolkit.fluxcd.io/v1',
  labels: {},
  annotations: {},
  owner: 'cli',
  spec: { imageRepositoryRef: { name: 'app' }, policy: { alphabetical: {} } },
  generation: written,
  status: { image: 'registry/app', follows: 'x' },
  conditions: [],
  version: 7,
  ...more,
})
const ready = (status: Condition['status'], reason: string, message: string): Condition => ({
  type: 'Ready',
  status,
  reason,
  message,
  since: written,
})
const selection = (more: Partial<Selection> = {}): Selection => ({ ...nothingYet(object()), generation: written, version: 1, ...more })
const shown = (type: Condition['type'], status: Condition['status'], reason: string, message: string, observedGeneration = written) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at,
  observedGeneration,
})

describe('an object as Kubernetes shows it', () => {
  test('has its defaults, what was chosen in both ways of saying it, and nothing of ours', () => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now', team: 'shop' }
    const chosen = selection({
      latestRef: { name: 'ghcr.io/org/app', tag: '1.1', digest: 'sha256:b' },
      previousRef: { name: 'ghcr.io/org/app', tag: '1.0' },
      condition: ready('True', 'Succeeded', 'Latest image tag for … resolved to 1.1'),
    })
    expect(resource(object({ annotations, labels: { env: 'prod' } }), chosen)).toEqual({
      apiVersion: 'image.toolkit.fluxcd.io/v1',
      kind: 'ImagePolicy',
      metadata: {
        annotations,
        labels: { env: 'prod' },
        name: 'app',
        namespace: 'flux-system',
        generation: written,
        resourceVersion: '7',
      },
      spec: { imageRepositoryRef: { name: 'app' }, policy: { alphabetical: { order: 'asc' } }, digestReflectionPolicy: 'Never' },
      status: {
        latestRef: { name: 'ghcr.io/org/app', tag: '1.1', digest: 'sha256:b' },
        latestImage: 'ghcr.io/org/app:1.1',
        observedPreviousRef: { name: 'ghcr.io/org/app', tag: '1.0' },
        observedPreviousImage: 'ghcr.io/org/app:1.0',
        conditions: [shown('Ready', 'True', 'Succeeded', 'Latest image tag for … resolved to 1.1')],
        observedGeneration: written,
        lastHandledReconcileAt: 'now',
      },
    })
  })

  test('exported is what can be applied again: defaults filled in only where their parents are', () => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now', team: 'shop' }
    const automation = object({ kind: 'ImageUpdateAutomation', annotations, spec: { interval: '1m', sourceRef: { name: 'fleet' } } })
    expect(exported(automation)).toEqual({
      apiVersion: 'image.toolkit.fluxcd.io/v1',
      kind: 'ImageUpdateAutomation',
      metadata: { annotations: { team: 'shop' }, name: 'app', namespace: 'flux-system' },
      spec: { interval: '1m', sourceRef: { name: 'fleet', kind: 'GitRepository' }, update: { strategy: 'Setters' } },
    })
    expect(exported(object({ kind: 'GitRepository', spec: { url: 'https://github.com/a/b', interval: '1m' } })).spec).toEqual({
      url: 'https://github.com/a/b',
      interval: '1m',
      timeout: '60s',
    })
  })
})

describe('conditions', () => {
  const behind = `processing object: new generation -1 -> ${written}`
  const failed = ready('False', 'Failure', 'no')
  const stalled = ready('False', 'InvalidPolicy', 'invalid policy: …')
  test.each<readonly [what: string, object: Partial<StoredObject>, selection: Selection | undefined, shown: readonly unknown[]]>([
    [
      'of what nobody has looked at yet say so',
      {},
      undefined,
      [shown('Reconciling', 'True', 'Progressing', behind, 0), shown('Ready', 'Unknown', 'Progressing', behind, 0)],
    ],
    [
      'of what was good before a change stay good until it has been looked at',
      {},
      selection({ generation: written - 1, condition: ready('True', 'Succeeded', 'good') }),
      [
        shown('Reconciling', 'True', 'Progressing', `processing object: new generation ${written - 1} -> ${written}`, written - 1),
        shown('Ready', 'True', 'Succeeded', 'good', written - 1),
      ],
    ],
    [
      'of a failure say that it is tried again',
      {},
      selection({ condition: failed }),
      [shown('Reconciling', 'True', 'ProgressingWithRetry', 'reconciliation in progress'), shown('Ready', 'False', 'Failure', 'no')],
    ],
    [
      'of what only a change can mend are stalled',
      {},
      selection({ condition: stalled }),
      [shown('Stalled', 'True', 'InvalidPolicy', 'invalid policy: …'), shown('Ready', 'False', 'InvalidPolicy', 'invalid policy: …')],
    ],
    [
      'of a policy that may not look any more win over what it once chose',
      { conditions: [ready('False', 'AccessDenied', 'denied')], status: { observedGeneration: written } },
      selection({ condition: ready('True', 'Succeeded', 'good') }),
      [
        shown('Reconciling', 'True', 'ProgressingWithRetry', 'reconciliation in progress'),
        shown('Ready', 'False', 'AccessDenied', 'denied'),
      ],
    ],
    [
      'of what is suspended stay as they were',
      { spec: { suspend: true } },
      selection({ generation: 1, condition: ready('True', 'Succeeded', 'good') }),
      [shown('Ready', 'True', 'Succeeded', 'good', 1)],
    ],
    ['of a Namespace there are none', { kind: 'Namespace', spec: {} }, undefined, []],
  ])('%s', (_, more, chosen, expected) => {
    expect(conditionsOf(object(more), chosen)).toEqual(expected)
  })
})
