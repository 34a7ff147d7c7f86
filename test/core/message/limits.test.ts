import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTemplate, messageLimits, renderMessage } from '../../../src/core/message.ts'
import { sampleInput } from '../../../src/core/message/sample.ts'
import { run, seeds } from '../../fuzz/targets/message.ts'

const input = sampleInput(undefined)

describe('a template that asks for too much is told which limit it meets', () => {
  it.each([
    ['steps', '{{ range until 1000000000 }}x{{ end }}'],
    ['steps', '{{ range 1000000000 }}{{ end }}'],
    ['steps', '{{ seq 1 1000000000 }}'],
    ['text', '{{ repeat 1000000000 "x" }}'],
    ['text', '{{ indent 1000000000 "x" }}'],
    ['text', '{{ $x := "x" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}'],
    ['text', '{{ range until 1000 }}{{ printf "%900000d" 1 }}{{ end }}'],
    ['message', '{{ repeat 70000 "x" }}'],
    ['template', 'x'.repeat(messageLimits.template + 1)],
    ['nesting', `{{ ${'('.repeat(200)}1${')'.repeat(200)} }}`],
    ['nesting', '{{ if 1 }}'.repeat(200) + '{{ end }}'.repeat(200)],
    ['templateDepth', '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}'],
    ['valueDepth', '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}'],
    ['valueDepth', '{{ $x := list }}{{ range until 1000 }}{{ $x = list $x }}{{ end }}{{ toJson $x }}'],
    ['steps', '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ deepEqual $x (list $x) }}{{ deepCopy $x }}'],
    ['pattern', '{{ regexMatch (repeat 2000 "a") "a" }}'],
    ['searched', '{{ regexFindAll "(a*b)?" (repeat 60000 "a") -1 }}'],
    ['slowCalls', '{{ range until 10 }}{{ bcrypt "x" }}{{ end }}'],
  ])('%s: %s', (limit, template) => {
    const started = performance.now()
    const rendered = renderMessage(template, input, { strict: false })
    expect(rendered).toMatchObject({ ok: false, reason: 'limit' })
    expect(rendered.ok || rendered.error).toContain(`(limit: ${limit})`)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

const pieces = fc.oneof(
  fc.constantFrom(...seeds),
  fc.constantFrom(
    '{{',
    '}}',
    '{{ range .Changed.Changes }}',
    '{{ end }}',
    '{{ .NewValue }}',
    '{{ repeat 9999 "x" }}',
    '{{ shuffle "abc" }}',
    '{{- ',
    ' -}}',
  ),
  fc.string({ maxLength: 12 }),
)
const templates = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''))

describe('whatever the template', () => {
  it('rendering ends, twice with the same answer, within the cap', () => {
    fc.assert(fc.property(templates, run), { numRuns: 300 })
  })

  it('what cannot be parsed is refused when it is configured', () => {
    fc.assert(
      fc.property(templates, (template) => {
        const rendered = renderMessage(template, input, { strict: false })
        if (!rendered.ok && rendered.reason === 'parse') expect(checkTemplate(template)).toMatchObject({ ok: false, error: rendered.error })
      }),
      { numRuns: 200 },
    )
  })
})

it('the order in which changes are listed in the input does not matter beyond a file', () => {
  const file = (name: string) =>
    [
      name,
      [{ object: { apiVersion: 'v1', kind: 'K', name, namespace: '' }, changes: [{ oldValue: '1', newValue: name, setter: 's' }] }],
    ] as const
  const files = ['c', 'a', 'b', 'a/b', 'B'].map(file)
  const render = (order: typeof files): unknown =>
    renderMessage(
      '{{ .Changed }}{{ range .Changed.Changes }}{{ .NewValue }}{{ end }}{{ .Changed.Objects }}',
      { automation: input.automation, changed: { fileChanges: Object.fromEntries(order) } },
      { strict: true },
    )
  fc.assert(
    fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (order) => {
      expect(render(order)).toEqual(render(files))
    }),
  )
})
