import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { violations } from './house.ts'

const root = resolve(import.meta.dirname, '..')
const walk = (folder: string, ending: RegExp): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => ending.test(file))
        .map((file) => join(folder, file))
    : []
const sources = new Map(
  ['bin', 'lib', 'lambdas', 'src'].flatMap((folder) => walk(folder, /\.ts$/)).map((file) => [file, readFileSync(join(root, file), 'utf8')]),
)

describe('the house', () => {
  test('holds the table of who may import whom', () => {
    expect(violations(sources)).toEqual([])
  })

  test.each([
    ['import', 'src/core/x.ts', "import { World } from '../ports.ts'"],
    ['import', 'src/flow/x.ts', "import { dynamodbStore } from '../adapters/dynamodb.ts'"],
    ['import', 'src/adapters/sqs.ts', "import { eventBus } from './eventbridge.ts'"],
    ['import', 'src/adapters/registry/oci.ts', "import { ecrRegistry } from './ecr.ts'"],
    ['import', 'src/adapters/dynamodb/x.ts', "import { promote } from '../../flow/promote.ts'"],
    ['import', 'src/local/sqs.ts', "import { promote } from '../flow/promote.ts'"],
    ['import', 'src/local/sqs.ts', "import { sqsQueues } from '../adapters/sqs.ts'"],
    ['import', 'lambdas/evaluate.ts', "import { sqsBox } from '../src/local/sqs.ts'"],
    ['import', 'lambdas/evaluate.ts', "import { handler } from './promote.ts'"],
    ['import', 'src/cli/x.ts', "import { handler } from '../../lambdas/promote.ts'"],
    ['import', 'lib/x.ts', "import { promote } from '../src/flow/promote.ts'"],
    ['package', 'src/core/x.ts', "import { createHash } from 'node:crypto'"],
    ['package', 'src/flow/x.ts', "import { SQSClient } from '@aws-sdk/client-sqs'"],
    ['package', 'src/local/x.ts', "import { SQSClient } from '@aws-sdk/client-sqs'"],
    ['package', 'src/ports.ts', "import { Octokit } from '@octokit/rest'"],
    ['impure', 'src/core/x.ts', 'export const now = () => Date.now()'],
    ['impure', 'src/core/x.ts', 'export const now = () => new Date()'],
    ['impure', 'src/core/x.ts', 'export const home = () => process.env.HOME'],
    ['impure', 'src/core/x.ts', 'export const dice = () => Math.random()'],
    ['environment', 'src/adapters/x.ts', 'export const table = () => process.env.TABLE'],
    ['state', 'src/flow/x.ts', 'let count = 0\nexport const next = () => ++count'],
    ['state', 'src/flow/x.ts', 'const seen = new Map<string, string>()\nexport const see = (key: string) => seen.set(key, key)'],
    ['word', 'src/flow/promote-helper.ts', 'export const x = 1'],
  ])('catches a planted violation: %s in %s: %s', (rule, file, text) => {
    expect(violations(new Map([[file, text]])).map((violation) => violation.rule)).toContain(rule)
  })

  test('prints its longest files, for the reader’s conscience', () => {
    const longest = [...sources].map(([file, text]) => [text.split('\n').length, file] as const).sort((a, b) => b[0] - a[0])
    process.stdout.write(
      `longest files: ${longest
        .slice(0, 10)
        .map(([lines, file]) => `${file} ${lines}`)
        .join(', ')}\n`,
    )
    expect(longest.length).toBeGreaterThan(0)
  })
})

describe('the documents', () => {
  const documents = [
    ...walk('docs', /\.md$/),
    ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].filter((file) => existsSync(join(root, file))),
  ]

  test('name only paths that exist', () => {
    const missing = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/`((?:bin|lib|lambdas|src|test|docs|\.ci)\/[\w./-]+)`/g)].flatMap(
        ([, path = '']) => (existsSync(join(root, path)) ? [] : [`${file}: ${path}`]),
      ),
    )
    expect(missing).toEqual([])
  })

  test('link only to files that exist', () => {
    const broken = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap(([, path = '']) =>
        existsSync(resolve(root, file, '..', path)) ? [] : [`${file}: ${path}`],
      ),
    )
    expect(broken).toEqual([])
  })

  test('say nothing of the machine that they were written on', () => {
    const tracked = [...documents, ...sources.keys(), 'package.json', 'package-lock.json', '.npmrc']
    const told = tracked.flatMap((file) =>
      /(^|[^\w/])\/(work|root|farm)\/|registry=http|"resolved": *"http/.test(readFileSync(join(root, file), 'utf8')) ? [file] : [],
    )
    expect(told).toEqual([])
  })
})
