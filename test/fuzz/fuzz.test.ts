import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

const run = (file: string) =>
  fuzz({ file: join(import.meta.dirname, file), corpus: [], seconds: 20, executions: 100_000, seed: 1 }).then(({ found }) => found)

describe('the fuzzer finds what is planted', () => {
  test('a crash, with the input that makes it', async () => {
    expect(await run('planted/planted-crash.ts')).toMatchObject({ kind: 'crash', input: expect.stringMatching(/c.*x|x.*c/s) as unknown })
  })

  test('an input that does not come to an end', async () => {
    expect(await run('planted/planted-hang.ts')).toMatchObject({ kind: 'hang', input: expect.stringMatching(/c.*x|x.*c/s) as unknown })
  })

  test('an input that takes all the memory', async () => {
    // Filling the memory can be slow enough to be taken for a hang.
    expect(['memory', 'hang']).toContain((await run('planted/planted-memory.ts'))?.kind)
  })
})

test('the fuzzer ends by itself where nothing is wrong', async () => {
  const job = { file: join(import.meta.dirname, 'targets/semver-version.ts'), corpus: [], seconds: 20, executions: 2_000, seed: 1 }
  expect(await fuzz(job)).toEqual({ executions: 2_000, seconds: expect.any(Number) as unknown })
})
