import { checkTemplate, messageLimits, renderMessage } from '../../../src/core/message.ts'
import { sampleInput } from '../../../src/core/message/sample.ts'

export const seeds: readonly string[] = [
  '{{range .Changed.Changes}}{{print .OldValue}} -> {{println .NewValue}}{{end}}',
  '{{ range $resource, $changes := .Changed.Objects -}}\n- {{ $resource.Kind }} {{ $resource.Name }}\n{{- range $_, $change := $changes }}\n    - {{ $change.OldValue }}\n{{ end -}}\n{{ end -}}',
  '{{range .Updated.Images}}{{println .}}{{end}}',
  '{{- $id := .AutomationObject -}}{{ printf "%s%q" $id "é" | toString | sha256sum | trunc 40 }}',
  '{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" (dict "a" (list 1 2.5 nil)) }}',
  '{{ if and (eq 1 1) (not false) }}{{ break }}{{ else if .Values.x }}{{ end }}',
  '{{ $x := list 1 "a" nil }}{{ range $i, $e := $x }}{{ $x = append $x $e }}{{ end }}{{ toPrettyJson $x }}',
  '{{ regexReplaceAll "(a*)(b)?" (repeat 20 "ab") "${1}x$2" | wrapWith 10 "\\n" }}',
  '{{ (toDate "2006-01-02" "2024-06-27").Format "Mon Jan _2 15:04:05.000 -07:00" }}{{ semverCompare "^1.2 || ~3" "1.10.0" }}',
  '{{ printf "%[2]*.[1]*f|%#v|%+q|%x" 2 6 1e6 "\\xff" . }}{{/* c */}}{{ 0x1p-2 }}{{ \'\\u00e9\' }}',
  '{{ urlParse "https://u:p@[::1]:80/%20?q#f" }}{{ fromJson "{\\"a\\":[1,{}]}" }}{{ b64dec "aGk=" }}{{ snakecase "HTTPServer2xx" }}',
  '{{ merge (dict "a" (dict "b" 1)) (dict "a" (dict "c" 2)) }}{{ until 5 }}{{ seq 1 3 9 }}{{ round 1.255 2 }}{{ divf 1 3 }}',
]

const input = sampleInput({ cluster: 'prod' })

/** Throws only on a bug: rendering must end, within the cap, twice with the same answer, and so must the check. */
export function run(template: string): void {
  const first = renderMessage(template, input, { strict: false })
  const second = renderMessage(template, input, { strict: false })
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('the same input gave two messages')
  // What was no UTF-8 takes three bytes a piece once it is text.
  if (first.ok && Buffer.byteLength(first.text) > 3 * messageLimits.message) throw new Error('a message is longer than the cap')
  checkTemplate(template)
}
