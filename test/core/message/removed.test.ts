import { describe, expect, it } from 'vitest'
import { checkTemplate, defaultMessage, renderMessage, type MessageInput } from '../../../src/core/message.ts'

const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, name, namespace: 'apps' })
const input: MessageInput = {
  automation: { namespace: 'flux-system', name: 'apps' },
  images: {
    'flux-system/web': { name: 'ghcr.io/example/web', tag: 'v2' },
    'flux-system/cache': { name: 'redis', tag: '7.2', digest: 'sha256:aa' },
  },
  changed: {
    fileChanges: {
      'b.yaml': [
        {
          object: object('Deployment', 'web'),
          changes: [{ oldValue: 'ghcr.io/example/web:v1', newValue: 'ghcr.io/example/web:v2', setter: 'flux-system:web' }],
        },
      ],
      'a.yaml': [
        {
          object: object('HelmRelease', 'all'),
          changes: [
            { oldValue: 'v1', newValue: 'v2', setter: 'flux-system:web:tag' },
            { oldValue: '7.1', newValue: '7.2', setter: 'flux-system:cache:tag' },
          ],
        },
      ],
    },
  },
}

const render = (template: string, strict = false) => renderMessage(template, input, { strict })
const text = (template: string): string => {
  const rendered = render(template)
  return rendered.ok ? rendered.text : rendered.error
}

describe('the fields that Flux removed', () => {
  it('work as they once did: the images, each once, by file and place', () => {
    expect(text('{{range .Updated.Images}}{{println .}}{{end}}')).toBe('ghcr.io/example/web:v2\nredis:7.2@sha256:aa\n')
  })

  it('tell registry, repository, identifier and policy', () => {
    expect(
      text(
        '{{ range .Updated.Images }}{{ .Name }} {{ .Registry }} {{ .Repository }} {{ .Identifier }} ({{ .Policy.Name }}, {{ .Policy }})\n{{ end }}',
      ),
    ).toBe(
      'ghcr.io/example/web:v2 ghcr.io example/web v2 (web, flux-system/web)\n' +
        'index.docker.io/library/redis@sha256:aa index.docker.io library/redis sha256:aa (cache, flux-system/cache)\n',
    )
  })

  it('list objects and files', () => {
    expect(text('{{ range $o, $i := .Updated.Objects }}{{ $o.Kind }}/{{ $o.Name }}: {{ $i }};{{ end }}')).toBe(
      'Deployment/web: [ghcr.io/example/web:v2];HelmRelease/all: [ghcr.io/example/web:v2 redis:7.2@sha256:aa];',
    )
    expect(text('{{ range $f, $r := .Updated.Files }}{{ $f }}:{{ range $o, $_ := $r.Objects }} {{ $o.Name }}{{ end }};{{ end }}')).toBe(
      'a.yaml: all;b.yaml: web;',
    )
    expect(text('{{ len .Changed.ImageResult.Images }}')).toBe('2')
  })

  it('stall in strict mode, but only where they are evaluated', () => {
    expect(render('{{ .Updated }}', true)).toEqual({
      ok: false,
      reason: 'RemovedTemplateField',
      error:
        "template uses removed '.Updated' field. Please use '.Changed' instead. See: https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template",
    })
    expect(render('{{ if false }}{{ .Updated }}{{ end }}ok', true)).toEqual({ ok: true, text: 'ok' })
  })
})

describe('a template is checked when it is configured', () => {
  it('passes what works', () => {
    expect(checkTemplate('{{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}{{ end }}')).toEqual({ ok: true, warnings: [] })
  })

  it.each([
    ['{{ if }}', 'parse'],
    ['{{ now }}', 'parse'],
    ['{{ .AutomationObject.Spec }}', 'run'],
    ['{{ range .Changed.Objects }}{{ .Name }}{{ end }}', 'run'],
    ['{{ range until 1000000000 }}{{ end }}', 'limit'],
  ])('refuses %s', (template, reason) => {
    expect(checkTemplate(template)).toMatchObject({ ok: false, reason })
  })

  it('warns of removed fields and of what fails on sample changes', () => {
    const removed = checkTemplate('{{ range .Updated.Images }}{{ . }}{{ end }}')
    expect(removed.ok && removed.warnings.map((warning) => warning.slice(0, 40))).toEqual(["template uses removed '.Updated' field. "])
    const sample = checkTemplate('{{ index .Changed.Changes 3 }}')
    expect(sample.ok && sample.warnings).toEqual([
      'with sample changes: failed to run template from spec: template: commit message:1:3: executing "commit message" at <index .Changed.Changes 3>: error calling index: index out of range: 3',
    ])
  })
})

it('an empty template is the default message; a blank one is taken as it is', () => {
  expect(render('')).toEqual({ ok: true, text: defaultMessage })
  expect(render(' \n')).toEqual({ ok: true, text: ' \n' })
})
