// Runs inputs one after another; says before each of them which it is, so that the other side knows when this one stops answering.
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { begunAt, lengthAt, maxInput, textAt, type Fuzzed, type Job, type Target } from './fuzz.ts'
import { mutator } from './mutate.ts'

const { job, shared } = workerData as { readonly job: Job; readonly shared: Int32Array }
const target = (await import(pathToFileURL(job.file).href)) as Target

const post = (message: Fuzzed): void => parentPort?.postMessage(message)
const next = job.only === undefined ? mutator([...target.seeds, ...job.corpus], target.words ?? [], job.seed) : () => job.only ?? ''
const limit = job.only === undefined ? job.executions : 1
const until = performance.now() + job.seconds * 1000

let executions = 0
let failed = false
while (executions < limit && performance.now() < until && !failed) {
  const input = next().slice(0, maxInput)
  for (let at = 0; at < input.length; at++) shared[textAt + at] = input.charCodeAt(at)
  Atomics.store(shared, lengthAt, input.length)
  Atomics.store(shared, begunAt, ++executions)
  try {
    target.run(input)
  } catch (error) {
    failed = true
    post({ executions, seconds: 0, found: { kind: 'crash', input, message: error instanceof Error ? String(error.stack) : String(error) } })
  }
}
// Zero is "nothing runs", so that the last input is not taken for a hang.
Atomics.store(shared, begunAt, 0)
if (!failed) post({ executions, seconds: 0 })
