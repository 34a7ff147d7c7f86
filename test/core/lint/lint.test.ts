// docs/lint.md is the fixture: each code has a section, and each section an example that must be found.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { lint, lintCodes, type Finding, type LintInput } from '../../../src/core/lint.ts'
import { kustomized } from '../../../src/core/lint/kustomized.ts'
import { readManifests } from '../../../src/core/spec.ts'
import type { MarkerCase } from '../../conformance/markers.ts'

const page = readFileSync(new URL('../../../docs/lint.md', import.meta.url), 'utf8')
type Files = Readonly<Record<string, string>>

const filesIn = (text: string): Files =>
  Object.fromEntries(
    Array.from(text.matchAll(/^```yaml\S*\n# (\S+)\n([\s\S]*?)^```$/gm), ([, path = '', body = '']) => [path, `#\n${body}`]),
  )
const [top = '', ...rest] = page.split(/^### /m)
const base = filesIn(top)
const sections = rest.map((text) => ({
  code: /^`([^`]+)`/.exec(text)?.[1] ?? '',
  severity: /^(error|warning|info)\. /m.exec(text)?.[1] ?? '',
  files: filesIn(text),
}))

function found(files: Files, more: Partial<LintInput> = {}): readonly Finding[] {
  const reads = Object.entries(files)
    .filter(([path, text]) => /\.ya?ml$/.test(path) && text.includes('toolkit.fluxcd.io/'))
    .map(([path, text]) => readManifests(text, path, { namespace: 'flux-system' }))
  return lint({
    manifests: reads.flatMap(({ manifests }) => manifests),
    problems: reads.flatMap(({ problems }) => problems),
    warnings: reads.flatMap(({ warnings }) => warnings),
    files: Object.entries(files)
      .filter(([, text]) => text.includes('$imagepolicy'))
      .map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) })),
    moved: kustomized(new Map(Object.entries(files).filter(([path]) => path.endsWith('kustomization.yaml')))),
    ...more,
  })
}

describe('the page', () => {
  test('has nothing to find in its two files', () => {
    expect(found(base)).toEqual([])
  })
  test('names each code once, with its severity', () => {
    expect(sections.map(({ code, severity }) => [code, severity]).sort()).toEqual(Object.entries(lintCodes).sort())
  })
  test.each(sections)('shows an example of $code that is found where it stands', ({ code, severity, files }) => {
    const all = found({ ...base, ...files })
    expect(all.filter((each) => each.code === code).map((each) => [each.severity, each.file in files])).toEqual([[severity, true]])
    // An example shows one thing; a policy that is only there for it may be without marker.
    expect(all.filter((each) => each.code !== code && each.code !== 'policy-unmarked')).toEqual([])
  })
})

describe('given tags', () => {
  const rule = (text: string): Files => ({
    'clusters/images.yaml': (base['clusters/images.yaml'] ?? '').replace(/ {2}policy:\n {4}semver:\n {6}range: 1.x/, () => text),
    'apps/fine.yaml': base['apps/fine.yaml'] ?? '',
  })
  const tags = (...all: readonly string[]) => ({ tags: new Map([['ghcr.io/example/app', all]]) })
  const filter = (pattern: string, policy: string): Files =>
    rule(`  filterTags: { pattern: '${pattern}', extract: $x }\n  policy: { ${policy}: {} }`)

  test('a collision is one of two that are there, and the one that is taken is named', () => {
    const [one, ...more] = found(filter('^(?P<x>[0-9]+)-.*$', 'numerical'), tags('1-b', '2-a', '1-a'))
    expect([one?.code, one?.message.includes('"1" of both "1-a" and "1-b"'), one?.message.includes('is taken, "1-a"'), more]).toEqual([
      'extract-collides',
      true,
      true,
      [],
    ])
  })
  test('without one that collides there is nothing to say', () => {
    expect(found(filter('^(?P<x>[0-9]+)-.*$', 'numerical'), tags('1-b', '2-a', 'latest'))).toEqual([])
  })
  test('the tag that fails a numerical policy is named, and excluded ones are not', () => {
    const poisoned = found(rule('  policy: { numerical: {} }'), tags('1', 'sha256-1.sig', 'latest'))
    expect(poisoned.map(({ code, message }) => [code, /^ImagePolicy "app": ("[^"]*" is not a number)/.exec(message)?.[1]])).toEqual([
      ['number-poison', '"latest" is not a number'],
    ])
    expect(found(rule('  policy: { numerical: {} }'), tags('1', 'sha256-1.sig'))).toEqual([])
  })
})

interface Vector extends MarkerCase {
  readonly id: string
  readonly family: string
  readonly fluxBug?: readonly string[]
  readonly expect: {
    readonly ok: boolean
    readonly changedFiles: readonly string[]
    readonly scalars?: readonly { readonly file: string; readonly charOffset: number }[]
  }
}

test('every text of the marker vectors that looks like a marker is one that Flux sees, or is named', () => {
  const vectors = readFileSync(new URL('../../vectors/markers.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  let inert = 0
  for (const line of vectors) {
    const vector = JSON.parse(line) as Vector
    // A comment that writes by itself: not ours to copy.
    if (vector.fluxBug?.includes('inline-setter')) continue
    // Only a link has a name that is looked at there, and a link is looked at where it leads to.
    if (vector.family === 'symlinks') continue
    const findings = found(vector.files, { manifests: [], problems: [], warnings: [] })
    // With no policy at all each marker is a stranger: so each text has one finding, of one kind or the other.
    const looks = (text: string) => text.match(/\$imagepolicy|#\/definitions\/io\.k8s\.cli\.setters\./g)?.length ?? 0
    const strangers = ['marker-unknown-policy', 'marker-part']
    for (const [file, text] of Object.entries(vector.files)) {
      const here = findings.filter((each) => each.file === file)
      const seen = here.filter(({ code }) => strangers.includes(code)).length
      expect({ id: vector.id, file, all: here.length }).toEqual({
        id: vector.id,
        file,
        all: text.includes('$imagepolicy') ? looks(text) : 0,
      })
      inert += here.length - seen
      const live = new Set((vector.expect.scalars ?? []).flatMap((each) => (each.file === file ? [each.charOffset] : []))).size
      if (vector.expect.changedFiles.includes(file))
        expect({ id: vector.id, file, seen: seen >= live }).toEqual({ id: vector.id, file, seen: true })
    }
  }
  expect(inert).toBeGreaterThan(100)
})
