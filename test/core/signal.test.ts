import { describe, expect, test } from 'vitest'
import { changePattern, pushPattern } from '../../src/core/events.ts'
import { ecrImageName } from '../../src/core/image.ts'
import { hearEcr, type Heard } from '../../src/core/signal.ts'
import { compilePattern } from '../../src/local/eventbridge/pattern.ts'

const envelope = (detailType: string, detail: Readonly<Record<string, unknown>>, source = 'aws.ecr') => ({
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': detailType,
  source,
  account: '123456789012',
  time: '2026-11-21T10:00:00Z',
  region: 'eu-west-1',
  resources: [],
  detail,
})
const digest = `sha256:${'7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234'.padEnd(64, '0')}`
const named = { 'repository-name': 'team/app', 'image-digest': digest }
const action = (type: string, more: Readonly<Record<string, unknown>> = {}) =>
  envelope('ECR Image Action', { result: 'SUCCESS', ...named, 'action-type': type, ...more })
const hear = (event: unknown): Heard => hearEcr(event, (account, region, repository) => ecrImageName({ account, region, repository }))

const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app'
const id = '13cde686-328b-6117-af20-0e5566167482'
const signal = (is: 'push' | 'delete', tag: string): Heard => ({
  heard: 'signal',
  signal: { is, id, image, tag, at: Date.UTC(2026, 10, 21, 10) },
})
const change = (what: string): Heard => ({ heard: 'change', change: { id, image, what } })

const kinds: readonly (readonly [name: string, event: ReturnType<typeof envelope>, heard: Heard])[] = [
  ['a push', action('PUSH', { 'image-tag': '1.2.4' }), signal('push', '1.2.4')],
  ['a push without a tag: a child of an index', action('PUSH'), { heard: 'nothing', why: 'untagged', detail: digest }],
  ['a deletion', action('DELETE', { 'image-tag': '1.2.4' }), signal('delete', '1.2.4')],
  ['a deletion by digest', action('DELETE'), change('ECR Image Action DELETE')],
  ['archiving', action('UPDATE_STORAGE_CLASS', { 'image-tag': '1.2.4', 'target-storage-class': 'ARCHIVE' }), signal('delete', '1.2.4')],
  ['restoring', action('UPDATE_STORAGE_CLASS', { 'image-tag': '1.2.4', 'target-storage-class': 'STANDARD' }), signal('push', '1.2.4')],
  [
    'archiving without a tag',
    action('UPDATE_STORAGE_CLASS', { 'target-storage-class': 'ARCHIVE' }),
    change('ECR Image Action UPDATE_STORAGE_CLASS'),
  ],
  [
    'a basic scan',
    envelope('ECR Image Scan', { ...named, 'scan-status': 'COMPLETE', 'finding-severity-counts': { HIGH: 1 }, 'image-tags': ['1.2.4'] }),
    change('ECR Image Scan'),
  ],
  [
    'an enhanced scan, whose repository is an ARN',
    envelope(
      'Inspector2 Scan',
      {
        'scan-status': 'INITIAL_SCAN_COMPLETE',
        'repository-name': 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app',
        'finding-severity-counts': { CRITICAL: 0, TOTAL: 3 },
        'image-digest': digest,
        'image-tags': ['1.2.4'],
      },
      'aws.inspector2',
    ),
    change('Inspector2 Scan'),
  ],
  [
    'a signature',
    envelope('ECR Referrer Action', { result: 'SUCCESS', ...named, 'action-type': 'PUSH', 'artifact-media-type': 'text/sbom+json' }),
    change('ECR Referrer Action'),
  ],
  [
    'a replica',
    envelope('ECR Replication Action', {
      result: 'SUCCESS',
      ...named,
      'image-tag': '1.2.4',
      'source-account': '210987654321',
      'action-type': 'REPLICATE',
      'source-region': 'us-east-1',
    }),
    signal('push', '1.2.4'),
  ],
  [
    'a replica without a tag',
    envelope('ECR Replication Action', { result: 'SUCCESS', ...named, 'action-type': 'REPLICATE' }),
    change('ECR Replication Action'),
  ],
  [
    'an image fetched from upstream',
    envelope('ECR Pull Through Cache Action', {
      'sync-status': 'SUCCESS',
      'ecr-repository-prefix': 'team',
      ...named,
      'image-tag': '1.2.4',
    }),
    signal('push', '1.2.4'),
  ],
  [
    'a failed replication',
    envelope('ECR Replication Action', { result: 'FAILED', ...named, 'image-tag': '1.2.4' }),
    { heard: 'nothing', why: 'unsuccessful', detail: 'FAILED' },
  ],
]

describe('an event of', () => {
  test.each(kinds)('%s', (_, event, heard) => {
    expect(hear(event)).toEqual(heard)
  })
  test.each(kinds.filter(([, , { heard }]) => heard !== 'nothing'))('%s is let through by one of the two rules', (_, event) => {
    expect([pushPattern, changePattern].filter((pattern) => compilePattern(pattern)(event))).toHaveLength(1)
  })
})

describe('what nobody can read', () => {
  test.each([
    ['no event at all', null],
    ['no detail', { ...action('PUSH'), detail: undefined }],
    ['no repository', envelope('ECR Image Action', { result: 'SUCCESS', 'action-type': 'PUSH', 'image-tag': '1' })],
    ['an account that is none', { ...action('PUSH', { 'image-tag': '1' }), account: 'somebody' }],
    ['a tag that is no text', action('PUSH', { 'image-tag': { a: 1 } })],
  ])('%s is refused as malformed', (_, event) => {
    expect(hear(event)).toMatchObject({ heard: 'nothing', why: 'malformed' })
  })
  test('a kind or an action that nobody has seen yet is none of ours', () => {
    expect(hear(action('SING', { 'image-tag': '1' }))).toEqual({ heard: 'nothing', why: 'not-ours', detail: 'ECR Image Action SING' })
    expect(hear(envelope('ECR Artifact Action', { ...named }))).toEqual({
      heard: 'nothing',
      why: 'not-ours',
      detail: 'ECR Artifact Action',
    })
  })
})
