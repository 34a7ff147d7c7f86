import { describe, expect, test } from 'vitest'
import {
  editFile,
  type FileEdit,
  findMarkers,
  isCandidate,
  maxBytes,
  mayHoldMarkers,
  type PolicyRef,
  prepare,
} from '../../../src/core/markers.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const app: PolicyRef = { namespace: 'ns', name: 'app', latestRef: { name: 'ghcr.io/example/app', tag: 'v2' } }
const settingFor = (...policies: readonly PolicyRef[]) => {
  const prepared = prepare(policies, 'ns')
  if (!prepared.ok) throw new Error(prepared.error)
  return prepared.setting
}
const setting = settingFor(app)
const edit = (text: string, tag = 'v2'): FileEdit =>
  editFile(bytesOf(text), settingFor({ ...app, latestRef: { name: 'ghcr.io/example/app', tag } }))
const after = (text: string, tag = 'v2'): string => {
  const result = edit(text, tag)
  return result.is === 'edited' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(result.bytes) : result.is
}
const marker = '# {"$imagepolicy": "ns:app:tag"}'

describe('which files are read', () => {
  test.each([
    ['a.yaml', true],
    ['deep/er/b.yml', true],
    ['k/Kustomization', true],
    ['.yaml', true],
    ['a.YAML', false],
    ['a.yaml.gotmpl', false],
    ['a.json', false],
    ['yaml', false],
    ['Kustomization/file', false],
    ['kustomization', false],
  ])('%s: %s', (path, expected) => {
    expect(isCandidate(path)).toBe(expected)
  })

  test.each([
    [`a: b ${marker}`, true],
    ['"$imagepolicy"', true],
    ['$"$imagepolicy"', true],
    ["'$imagepolicy'", false],
    ['\\"$imagepolicy\\"', false],
    ['"$imagepolicy', false],
    ['$imagepolicy"', false],
    ['', false],
  ])('%j may hold markers: %s', (text, expected) => {
    expect(mayHoldMarkers(bytesOf(text))).toBe(expected)
  })
})

describe('where a marker works', () => {
  test.each([
    ['behind a value', `a: v1 ${marker}\n`, `a: v2 ${marker}\n`],
    ['behind a list item', `a:\n- v1 ${marker}\n`, `a:\n- v2 ${marker}\n`],
    ['above a list item', `a:\n  ${marker}\n  - v1\n`, `a:\n  ${marker}\n  - v2\n`],
    ['above a value on its own line', `a:\n  ${marker}\n  v1\n`, `a:\n  ${marker}\n  v2\n`],
    ['behind the comma in a flow collection', `a: {\n  b: v1, ${marker}\n  c: d }\n`, `a: {\n  b: v2, ${marker}\n  c: d }\n`],
    ['on an anchored value', `a: &x v1 ${marker}\nb: *x\n`, `a: &x v2 ${marker}\nb: *x\n`],
    ['without a blank behind a quote', `a: "v1"${marker}\n`, `a: "v2"${marker}\n`],
    ['behind several number signs', `a: v1 ##${marker.slice(1)}\n`, `a: v2 ##${marker.slice(1)}\n`],
    [
      'with another key beside',
      'a: v1 # {"$imagepolicy": "ns:app:tag", "why": "pinned"}\n',
      'a: v2 # {"$imagepolicy": "ns:app:tag", "why": "pinned"}\n',
    ],
    ['at the first of two equal keys only', `a: v1 ${marker}\na: v1 ${marker}\n`, `a: v2 ${marker}\na: v1 ${marker}\n`],
    [
      'in a file with CRLF, BOM and no final line end',
      `\ufeffa: v1 ${marker}\r\nb: "x\r\n  y"\r\nc: v1 ${marker}`,
      `\ufeffa: v2 ${marker}\r\nb: "x\r\n  y"\r\nc: v2 ${marker}`,
    ],
    ['behind a lone carriage return', `a: x\rb: v1 ${marker}\r`, `a: x\rb: v2 ${marker}\r`],
    ['on the header of a block', `a: | ${marker}\n    v1\nb: c\n`, `a: |- ${marker}\n    v2\nb: c\n`],
  ])('%s', (_name, before, expected) => {
    expect(after(before)).toBe(expected)
  })

  test.each([
    ['above a key', `${marker}\na: v1\n`],
    ['on a key', `a: ${marker}\n  b: v1\n`],
    ['behind a closing bracket', `a: [v1] ${marker}\n`],
    ['on an alias', `x: &x v1\na: *x ${marker}\n`],
    ['where there is no value', `a: ${marker}\n`],
    ['inside a block', `a: |\n  v1 ${marker}\n`],
    ['below a value', `a: v1\n  ${marker}\n`],
    ['with words behind it', `a: v1 ${marker} pinned\n`],
    ['in single quotes', `a: v1 # {'$imagepolicy': 'ns:app:tag'} "$imagepolicy"\n`],
    ['with a number beside', 'a: v1 # {"$imagepolicy": "ns:app:tag", "n": 1}\n'],
    ['that names another namespace', 'a: v1 # {"$imagepolicy": "other:app:tag"}\n'],
    ['that names no part', 'a: v1 # {"$imagepolicy": "ns:app:tags"}\n'],
  ])('not %s', (_name, before) => {
    expect(edit(before)).toEqual({ is: 'unchanged', markers: 0 })
  })
})

describe('what is written', () => {
  test.each([
    ['v1', '1.9', '"1.9"'],
    ['v1', '20240627', '"20240627"'],
    ['v1', '2024-06-27', '"2024-06-27"'],
    ['2024-06-26', '2024-06-27', '2024-06-27'],
    ['1.0', 'v1.1', 'v1.1'],
    ['~', 'v1.1', 'v1.1'],
    ['v1', 'on', '"on"'],
    ['v1', '0x1F', '"0x1F"'],
    ['v1', '1_0', '"1_0"'],
    ['v1', '1e400', '1e400'],
    ["'v1'", '1.9', "'1.9'"],
    ['"v1"', 'v3', '"v3"'],
    ['!!str 1.0', 'v3', '!!str v3'],
    ['!!str 1.0', '1.9', '"1.9"'],
    ['!!float 1', 'v3', '!!float v3'],
    ['&a v1', '1.9', '&a "1.9"'],
  ])('over %s the tag %s becomes %s', (old, tag, expected) => {
    expect(after(`a: ${old} ${marker}\n`, tag)).toBe(`a: ${expected} ${marker}\n`)
  })

  test('a block below the start of its key is moved in when it becomes a quoted value', () => {
    expect(after(`a:\n| ${marker}\n  v1\nb: c\n`, '1.9')).toBe(`a:\n  "1.9" ${marker}\nb: c\n`)
    expect(after(`a:\n  | ${marker}\n  v1\nb: c\n`, '1.9')).toBe(`a:\n  "1.9" ${marker}\nb: c\n`)
  })

  test('each change names its object, its line and what to be careful about', () => {
    const text = `kind: A\nmetadata: {name: n, namespace: m}\nd: sha256:1 # {"$imagepolicy": "ns:app:digest"}\n---\nt: ~ ${marker}\n`
    expect(edit(text, 'null')).toMatchObject({
      is: 'edited',
      markers: 2,
      changes: [
        {
          object: { apiVersion: '', kind: 'A', name: 'n', namespace: 'm' },
          oldValue: 'sha256:1',
          newValue: '',
          setter: 'ns:app:digest',
          line: 3,
          caution: 'empty',
        },
        {
          object: { apiVersion: '', kind: '', name: '', namespace: '' },
          oldValue: '~',
          newValue: 'null',
          setter: 'ns:app:tag',
          line: 5,
          caution: 'reads-as-non-string',
        },
      ],
    })
  })
})

describe('a file is skipped', () => {
  const live = `a: v1 ${marker}\n`
  test.each([
    ['malformed-yaml', `${live}b: [\n`],
    ['malformed-yaml', `%YAML 1.2\n---\n${live}`],
    ['malformed-yaml', `${live}b: {{ .Values.x }}-y\n`],
    ['malformed-yaml', `${live}b:\n\tc: d\n`],
    ['malformed-yaml', `b: *nowhere\n${live}`],
    ['bad-separator', `${live}--- !tag\nb: c\n`],
    ['not-a-mapping', `${live}---\n- b\n`],
    ['not-a-mapping', `${live}---\nb\n`],
    ['bad-metadata', `${live}metadata: x\n`],
    ['bad-metadata', `${live}metadata: {annotations: [x]}\n`],
    ['control-character', `${live}b: "\x07"\n`],
  ])('%s: %j', (why, text) => {
    expect(edit(text)).toMatchObject({ is: 'skipped', why })
    expect(findMarkers(bytesOf(text))).toEqual([])
  })

  test('not-utf8, whole, wherever the bad byte is', () => {
    expect(editFile(new Uint8Array([...bytesOf(live), 0xff]), setting)).toMatchObject({ is: 'skipped', why: 'not-utf8' })
  })

  test.each([
    ['too-large', `the file has ${maxBytes + live.length + 1} bytes, the limit is 4194304: split it`, `${live}#${' '.repeat(maxBytes)}`],
    ['malformed-yaml', 'line 2: exceeded max depth of 10000', `${live}b: ${'['.repeat(10_001)}`],
    ['too-many-nodes', 'the file has more than 250000 keys and values: split it', `${live}b: [${'1,'.repeat(250_000)}]`],
    ['too-many-documents', 'the file has 10002 documents, the limit is 10000: split it', `${live}---\n`.repeat(10_001)],
  ])('by a limit that it names: %s, %s', (why, detail, text) => {
    expect(edit(text)).toEqual({ is: 'skipped', why, detail })
  })

  test('no depth below the limit costs stack', () => {
    expect(after(`${live}b: ${'['.repeat(9_000)}${']'.repeat(9_000)}\n`)).toBe(
      `a: v2 ${marker}\nb: ${'['.repeat(9_000)}${']'.repeat(9_000)}\n`,
    )
  })
})

test('every marker is found, known or not', () => {
  const text = `kind: A\r\nx: é v1 # {"$imagepolicy": "any:thing"}\r\n---\r\n- b\r\n`
  expect(findMarkers(bytesOf(text.slice(0, text.indexOf('---'))))).toEqual([
    { setter: 'any:thing', value: 'é v1', object: { apiVersion: '', kind: 'A', name: '', namespace: '' }, line: 2, column: 4 },
  ])
})

describe('preparing a run', () => {
  test('a reference that no registry takes aborts it', () => {
    expect(prepare([app, { ...app, name: 'b', latestRef: { name: 'UPPER', tag: 'v1' } }], 'ns')).toEqual({
      ok: false,
      error: 'encountered invalid image ref "UPPER:v1": could not parse reference: UPPER:v1',
    })
  })

  test('policies of other namespaces and without a choice do not count', () => {
    const policies = [
      { ...app, namespace: 'other', latestRef: { name: 'UPPER', tag: 'v1' } },
      { ...app, latestRef: null },
    ]
    expect(prepare(policies, 'ns')).toEqual({ ok: true, setting: { values: new Map() } })
  })
})
