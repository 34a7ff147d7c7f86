import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFiles } from './files.ts'
import { readDocument, splitCommands } from './read.ts'
import { runDocument, type Line } from './run.ts'
import { translate } from './table.ts'

const home = resolve(import.meta.dirname, '../..')
const documents = [
  'README.md',
  ...readdirSync(join(home, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]

describe('everything that our documents show', () => {
  test.each(documents)('runs: %s', async (document) => {
    const printed: string[] = []
    const code = await runFiles([join(home, document)], (text) => printed.push(text))
    expect([code, code === 0 ? '' : printed.join('\n')]).toEqual([0, ''])
  })
})

const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const objects = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app, namespace: flux-system }
spec: { image: ${registry}/app, interval: 5m }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app, namespace: flux-system }
spec: { imageRepositoryRef: { name: app }, policy: { semver: { range: 1.x } } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: fleet, namespace: flux-system }
spec:
  interval: 5m
  sourceRef: { kind: GitRepository, name: flux-system }
  git: { checkout: { ref: { branch: main } }, commit: { author: { email: bot@example.com } } }
  update: { path: ./apps }
`
const fenced = (kind: string, text: string) => `\`\`\`${kind}\n${text}\`\`\`\n`
const run = (text: string, { markdown = true, own = false } = {}): Promise<readonly Line[]> => runDocument({ text, markdown, own })
const shape = (lines: readonly Line[]) => lines.map(({ line, happened }) => [line, happened.is])

describe('a document of somebody else', () => {
  test('has its blocks applied, and its commands answered by what they are called here', async () => {
    const text = `${fenced('yaml', objects)}
Tags look like \`1.4.2\`.
${fenced('bash', "flux get image policy\nkubectl get imagepolicy app -n flux-system -o jsonpath='{.status.latestImage}'\nkubectl logs deploy/image-automation-controller\n")}`
    const lines = await run(text)
    expect(shape(lines)).toEqual([
      [2, 'accepted'],
      [24, 'accepted'],
      [25, 'accepted'],
      [26, 'accepted'],
    ])
    expect(lines[0]?.happened.said).toContain(`ImagePolicy flux-system/app: Latest image tag for ${registry}/app resolved to 1.4.2`)
    expect(lines[2]?.happened.said.at(-1)).toBe(`${registry}/app:1.4.2`)
    expect(lines[3]?.happened.said).toEqual(['as tagboat history', 'nothing has been committed yet'])
  })

  test('may ask for what there is not: the table says why', async () => {
    const lines = await run('flux check\nflux bootstrap github\n--owner=$ME \\\n--repository=infra\nFlux needs git.\n', { markdown: false })
    expect(lines.map(({ line, what, happened }) => [line, what, happened.is === 'refused' && happened.stated])).toEqual([
      [1, 'flux check', true],
      [2, 'flux bootstrap github --owner=$ME --repository=infra', true],
    ])
  })

  test('may not ask for what the table does not know', async () => {
    const lines = await run(fenced('sh', 'flux dance\nflux get images policy --colour\n'))
    expect(lines.map(({ happened }) => happened.is === 'refused' && happened.stated)).toEqual([false, false])
  })

  test('may hold versions that are not honoured: they are refused by name', async () => {
    const lines = await run(fenced('yaml', objects.replaceAll('/v1\n', '/v1alpha2\n')))
    expect(lines.map(({ happened }) => happened.is === 'refused' && [happened.stated, happened.said.length])).toEqual([[true, 3]])
  })

  test('may write to a forge that is not ours: it is refused by name', async () => {
    const git = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: fleet, namespace: flux-system }
spec: { interval: 1m, url: 'https://gitlab.com/org/fleet' }
`
    const [line] = await run(fenced('yaml', git))
    expect(line?.happened.is === 'refused' && [line.happened.stated, line.happened.said.length]).toEqual([true, 1])
  })

  test('is told of fields that do nothing here', async () => {
    const [line] = await run(fenced('yaml', objects.replace('interval: 5m }', 'interval: 5m, serviceAccountName: scanner }')))
    expect([
      line?.happened.is,
      line?.happened.said.filter((each) => each.includes('warning') && each.includes('spec.serviceAccountName')).length,
    ]).toEqual(['accepted', 1])
  })

  test('without fences is read, too', () => {
    const pieces = readDocument(`Apply this:\n\n${objects}\nThen look:\n\nflux get images all\n`, { markdown: false })
    expect(pieces).toEqual([
      { is: 'yaml', line: 3, text: objects },
      { is: 'command', line: 24, text: 'flux get images all' },
    ])
  })
})

describe('a document of ours', () => {
  test('shows what a push leads to, and its words are held against what is printed', async () => {
    const workload = `# apps/app.yaml\nimage: ${registry}/app:1.2.3 # {"$imagepolicy": "flux-system:app"}\n`
    const story = (tag: string) =>
      fenced('yaml', objects) +
      fenced('yaml', workload) +
      fenced('console', `$ tagboat push app:1.2.4\npushed app:1.2.4 sha256:…\ncommitted …\n…\n    + ${registry}/app:${tag}\n`)
    const right = await run(story('1.2.4'), { own: true })
    expect(shape(right).map(([, is]) => is)).toEqual(['accepted', 'not-ours', 'accepted'])
    expect(right[2]?.happened.said.at(-1)).toBe(`commit: apps/app.yaml: ${registry}/app:1.2.3 -> ${registry}/app:1.2.4`)
    const wrong = await run(story('1.2.5'), { own: true })
    expect(wrong[2]?.happened).toMatchObject({ is: 'refused', stated: false })
  })

  test('has a block with the name of a file applied where the text says so', async () => {
    const text = fenced('yaml', `# all.yaml\n${objects}`) + fenced('console', '$ tagboat apply -f all.yaml\n…\n…created\n')
    expect((await run(text, { own: true })).map(({ happened }) => [happened.is, happened.said.length])).toEqual([
      ['accepted', 1],
      ['accepted', 3],
    ])
  })
})

describe('the exit code', () => {
  let folder = ''
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'documents-'))))
  afterAll(() => rmSync(folder, { recursive: true }))
  const codeOf = async (name: string, text: string): Promise<number> => {
    writeFileSync(join(folder, name), text)
    return runFiles([join(folder, name)], () => undefined)
  }

  test.each([
    ['1 of broken YAML', 1, 'broken.md', fenced('yaml', 'apiVersion: image.toolkit.fluxcd.io/v1\nkind: [ImagePolicy\n')],
    ['1 of a misspelt field', 1, 'typo.md', fenced('yaml', objects.replace('imageRepositoryRef', 'imageRepoRef'))],
    ['1 of a command that fails', 1, 'fails.md', fenced('sh', 'tagboat get imges\n')],
    ['0 of what the table refuses', 0, 'refused.txt', 'flux check\n'],
    ['0 of what is not ours', 0, 'other.md', fenced('mermaid', 'flowchart LR\n')],
  ])('is %s', async (_, code, name, text) => {
    expect(await codeOf(name, text)).toBe(code)
  })

  test('is 2 without a document', async () => {
    expect(await runFiles([], () => undefined)).toBe(2)
    expect(await runFiles([join(folder, 'nothing.md')], () => undefined)).toBe(2)
  })
})

describe('a line', () => {
  test.each<[string, readonly (readonly string[])[]]>([
    ["flux get images -n 'a b' # all", [['flux', 'get', 'images', '-n', 'a b']]],
    ['a && b "c d"; e | f > g', [['a'], ['b', 'c d'], ['e']]],
    ['x \\$1 ""', [['x', '$1', '']]],
  ])('%s is split as a shell would', (text, commands) => {
    expect(splitCommands(text)).toEqual(commands)
  })

  test.each<[string, readonly string[]]>([
    ['flux get image policy --all', ['get', 'image', 'policy', '--all']],
    ['flux get images all -A -w', ['get', 'images', 'all', '-A', '-w']],
    ['kubectl annotate --overwrite imagerepository/app reconcile.fluxcd.io/requestedAt=1', ['reconcile', 'image', 'repository', 'app']],
    ['kubectl describe imagepolicy app -n apps', ['get', 'policies', '-o', 'yaml', 'app', '-n', 'apps']],
    ['kubectl -n apps get imagerepositories.image.toolkit.fluxcd.io', ['get', 'repositories', '-n', 'apps']],
    ['kubectl get imgpol/app --output=yaml', ['get', 'policies', 'app', '-o', 'yaml']],
    ['kubectl logs -n flux-system deploy/image-reflector-controller --tail=10', ['get', 'repositories', '-n', 'flux-system']],
    ['tagboat get images --watch', ['get', 'images', '--watch']],
  ])('%s is translated', (line, words) => {
    expect(translate(line.split(' '))).toMatchObject({ is: 'run', words })
  })
})
