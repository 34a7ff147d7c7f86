// What Go 1.26 with sprig 3.3.0 answers, for what the vectors leave out.
import { describe, expect, it } from 'vitest'
import { renderMessage } from '../../../src/core/message.ts'
import { sampleInput } from '../../../src/core/message/sample.ts'

const input = sampleInput({ cluster: 'prod' })
const run = 'failed to run template from spec: template: commit message:'
const at = (position: string, context: string): string => `${run}${position}: executing "commit message" at <${context}>: `
const answer = (template: string): string => {
  const rendered = renderMessage(template, input, { strict: true, now: Date.UTC(2024, 5, 27) })
  return rendered.ok ? rendered.text : rendered.error
}

const families: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'text is bytes of UTF-8': [
    ['{{ len "é😀" }}', '6'],
    ['{{ trunc 1 "é" }}', '\ufffd'],
    ['{{ index "é" 1 }}', '169'],
    ['{{ upper "straße ǆ" }}', 'STRAßE Ǆ'],
    ['{{ title "o\'neil éa" }}', "O'Neil Éa"],
    ['{{ printf "%q" "\\xff" }}', '"\\xff"'],
    ['{{ initials "É b" }}', 'Ãb'],
    ['{{ substr 2 1 "abc" }}', `${at('1:3', 'substr 2 1 "abc"')}error calling substr: runtime error: slice bounds out of range [2:1]`],
  ],
  'printing is that of Go': [
    [
      '{{ .Changed.FileChanges }}',
      'map[apps/app.yaml:map[{{{apps/v1 Deployment} {app apps}}}:[{registry.example/app:1.0.0 registry.example/app:1.1.0 flux-system:app}]]]',
    ],
    ['{{ printf "%#v" .AutomationObject }}', 'types.NamespacedName{Namespace:"flux-system", Name:"apps"}'],
    ['{{ printf "%.0f %.0f %.1f %g" 0.5 1.5 0.25 1e21 }}', '0 2 0.2 1e+21'],
    ['{{ printf "%x %X %b" 1.0 -0.5 3.0 }}', '0x1p+00 -0X1P-01 6755399441055744p-51'],
    ['{{ printf "%08.3f|%+d|% d|%-4d|%#x" 3.14159 5 5 5 255 }}', '0003.142|+5| 5|5   |0xff'],
    ['{{ printf "%U %#U %c" 0x1F600 0x1F600 0x1F600 }}', "U+1F600 U+1F600 '😀' 😀"],
    ['{{ print 1i }}', '(0+1i)'],
    ['{{ range list nil 1 }}{{ . }},{{ print . }};{{ end }}', '<no value>,<nil>;1,1;'],
  ],
  'comparison knows kinds': [
    ['{{ eq 1 1 2 }}{{ eq (index "a" 0) 97 }}{{ lt "a" "b" }}{{ ge 2.5 2.5 }}', 'truetruetruetrue'],
    ['{{ lt true false }}', `${at('1:3', 'lt true false')}error calling lt: invalid type for comparison`],
    ['{{ eq .Values.missing nil }}', 'true'],
  ],
  numbers: [
    ['{{ add 9223372036854775807 1 }}', '-9223372036854775808'],
    ['{{ addf 0.1 0.2 }} {{ divf 1 3 }} {{ mulf 1.1 1.1 }}', '0.3 0.3333333333333333 1.21'],
    ['{{ divf 1 0 }}', `${at('1:3', 'divf 1 0')}error calling divf: decimal division by 0`],
    ['{{ int "0b11" }} {{ int "1.0" }} {{ int "1.5" }} {{ atoi "99999999999999999999" }}', '3 1 0 9223372036854775807'],
    ['{{ mod -7 3 }} {{ div -7 2 }}', '-1 -3'],
    ['{{ seq 3 -1 1 }}|{{ seq 1 2 }}|{{ untilStep 5 0 -2 }}', '3 2 1|1 2|[5 3 1]'],
  ],
  'lists and dictionaries': [
    ['{{ $x := splitList "," "b,a" }}{{ sortAlpha $x }}{{ $x }}', '[a b][a b]'],
    ['{{ first nil }}', `${at('1:3', 'first nil')}error calling first: runtime error: invalid memory address or nil pointer dereference`],
    ['{{ set nil "a" 1 }}', `${at('1:3', 'set nil "a" 1')}error calling set: assignment to entry in nil map`],
    ['{{ merge (dict "a" (dict "x" 1)) (dict "a" (dict "y" 2) "b" 3) }}', 'map[a:map[x:1 y:2] b:3]'],
    [
      '{{ slice (list 1 2) 0 3 }}',
      `${at('1:3', 'slice (list 1 2) 0 3')}error calling slice: reflect.Value.Slice: slice index out of bounds`,
    ],
    [
      '{{ dig "a" "b" 0 (dict "a" 1) }}',
      `${at('1:3', 'dig "a" "b" 0 (dict "a" 1)')}error calling dig: interface conversion: interface {} is int, not map[string]interface {}`,
    ],
    ['{{ keys (dict "b" 1 "a" 2) }}{{ values (dict "b" 1 "a" 2) }}', '[a b][2 1]'],
  ],
  JSON: [
    ['{{ toJson (list 1 1.5 1e21 "<é\\u2028" nil) }}', '[1,1.5,1e+21,"\\u003cé\\u2028",null]'],
    [
      '{{ mustFromJson "[1,]" }}',
      `${at('1:3', 'mustFromJson "[1,]"')}error calling mustFromJson: invalid character ']' looking for beginning of value`,
    ],
    ['{{ toPrettyJson (dict "a" (list) "b" (list 1)) }}', '{\n  "a": [],\n  "b": [\n    1\n  ]\n}'],
    [
      '{{ range $o, $_ := .Changed.Objects }}{{ toJson $o }}{{ end }}',
      '{"apiVersion":"apps/v1","kind":"Deployment","name":"app","namespace":"apps"}',
    ],
  ],
  'patterns are RE2': [
    ['{{ regexFindAll "a*" "baaac" -1 | len }}', '3'],
    ['{{ regexReplaceAll "a*" "baaac" "x" }}', 'xbxcx'],
    ['{{ regexReplaceAll "(?P<n>b)" "abc" "<${n}$1$x$$>" }}', 'a<bb$>c'],
    ['{{ regexSplit "b*" "abbc" -1 | join "|" }}', 'a|c'],
    [
      '{{ regexFind "(?=a)" "a" }}',
      `${at('1:3', 'regexFind "(?=a)" "a"')}error calling regexFind: regexp: Compile(\`(?=a)\`): error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    ],
  ],
  dates: [
    ['{{ (toDate "Mon, 02 Jan 2006 15:04:05 -0700" "Thu, 27 Jun 2024 10:00:00 +0200").Unix }}', '1719475200'],
    ['{{ ago (toDate "2006-01-02" "2024-06-26") }}', '24h0m0s'],
    ['{{ (toDate "2006-01-02" "2024-02-29").AddDate 1 0 0 }}', '2025-03-01 00:00:00 +0000 UTC'],
    ['{{ (toDate "2006-01-02" "2024-06-27").Format "Monday 2 January 06, .000 MST" }}', 'Thursday 27 June 24, .000 UTC'],
    [
      '{{ mustToDate "2006-01-02" "2024-02-30" }}',
      `${at('1:3', 'mustToDate "2006-01-02" "2024-02-30"')}error calling mustToDate: parsing time "2024-02-30": day out of range`,
    ],
    ['{{ (toDate "2006" "2024").Date }}', `${at('1:18', '"2024"')}function Date has 3 return values; should be 1 or 2`],
  ],
  'addresses and paths': [
    ['{{ (urlParse "https://a:b@[::1]:8080/x%20y?q#f").hostname }}', '::1'],
    [
      '{{ urlParse "http://h:x" }}',
      `${at('1:3', 'urlParse "http://h:x"')}error calling urlParse: unable to parse url: parse "http://h:x": invalid port ":x" after host`,
    ],
    ['{{ clean "/../a//b/./../c/" }} {{ dir "a/b/" }} {{ base "/" }} {{ ext ".bashrc" }}', '/a/c a/b / .bashrc'],
  ],
  checksums: [
    ['{{ sha1sum "" }}', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['{{ sha256sum "abc" }}', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      '{{ sha512sum "abc" }}',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
    ['{{ adler32sum "Wikipedia" }}', '300286872'],
    [
      '{{ decryptAES "key" "AAAAAAAAAAAAAAAAAAAAAA==" }}',
      `${at('1:3', 'decryptAES "key" "AAAAAAAAAAAAAAAAAAAAAA=="')}error calling decryptAES: runtime error: index out of range [-1]`,
    ],
    ['{{ b64dec "aGk" }} {{ b32dec "NBU=" }}', 'illegal base64 data at input byte 0 illegal base32 data at input byte 4'],
  ],
  versions: [
    ['{{ (semver "v1.2.3").Original }} {{ (semver "1.2").IncPatch }} {{ (semver "1.2.3-a").Compare (semver "1.2.3") }}', 'v1.2.3 1.2.1 -1'],
    ['{{ semverCompare "1.0.0 - 2.0.0 || ^3" "3.9.9" }}{{ semverCompare ">1.0" "1.1.0-rc.1" }}', 'truefalse'],
    [
      '{{ semverCompare ">=1 beta" "1.0.0" }}',
      `${at('1:3', 'semverCompare ">=1 beta" "1.0.0"')}error calling semverCompare: improper constraint: ">=1 beta"`,
    ],
  ],
}

describe('functions answer as Go with sprig does', () => {
  for (const [family, cases] of Object.entries(families)) {
    it.each(cases)(`${family}: %s`, (template, expected) => {
      expect(answer(template)).toBe(expected)
    })
  }
})

describe('what is random in Go', () => {
  it('is the same for the same seed, and differs for another', () => {
    const shuffled = (seed: string) => renderMessage('{{ shuffle "abcdefghijklmnopqrstuvwxyz" }}', input, { strict: false, seed })
    expect(shuffled('a')).toEqual(shuffled('a'))
    expect(shuffled('a')).not.toEqual(shuffled('b'))
  })

  it('stays within its bounds', () => {
    const rendered = renderMessage('{{ range until 200 }}{{ randInt 3 5 }}{{ end }}', input, { strict: false, seed: 'x' })
    expect(rendered.ok && [...new Set(rendered.text)].sort().join('')).toBe('34')
  })

  it('makes no certificate that could end up in a commit', () => {
    expect(answer('{{ (genCA "x" 1).Key }}')).toBe(
      `${at('1:14', '1')}genCA: the content of certificates and their keys is not available in commit messages`,
    )
  })
})
