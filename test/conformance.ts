// `npm run -s conformance -- KIND < cases.jsonl`: one JSON object per line in, one answer per line out, in the same order.
// It adds no logic of its own: each kind is one call into src/core, or into src/web for receivers.
import { createInterface } from 'node:readline'

/** A case is the vector's line; the answer holds the vector's expectation fields. */
export type Answers = Readonly<Record<string, (input: never) => object | Promise<object>>>

const judge = () => import('./conformance/judge.ts')
const markers = () => import('./conformance/markers.ts')
const message = () => import('./conformance/message.ts')
const receiver = () => import('./conformance/receiver.ts')
const kinds: Readonly<Record<string, () => Promise<{ readonly answers: Answers }>>> = {
  'semver-parse': judge,
  'semver-constraint': judge,
  'semver-compare': judge,
  'regex-extract': judge,
  'parse-float': judge,
  'image-ref': judge,
  policy: judge,
  'latest-tags': judge,
  'scan-revision': judge,
  'policy-selector': markers,
  markers,
  'commit-message': message,
  'receiver-path': receiver,
  'receiver-hmac': receiver,
  'receiver-request': receiver,
}

const kind = process.argv[2] ?? ''
const load = kinds[kind]
if (!load) {
  process.stderr.write(`conformance: ${kind ? `there is no kind "${kind}"` : 'name a kind'}: ${Object.keys(kinds).join(', ')}\n`)
  process.exit(2)
}
const answer = (await load()).answers[kind] as ((input: unknown) => object | Promise<object>) | undefined
if (!answer) throw new Error(`kind "${kind}" has no answer function`)
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line === '') continue
  const input = JSON.parse(line) as { readonly id?: unknown }
  const text = `${JSON.stringify({ id: input.id, ...(await answer(input)) })}\n`
  if (!process.stdout.write(text)) await new Promise<void>((done) => process.stdout.once('drain', () => done()))
}
