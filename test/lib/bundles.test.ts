import { describe, expect, test } from 'vitest'
import { largestBundle } from '../../lib/bundles.ts'
import { environments, type FunctionName } from '../../src/env.ts'
import { bundle } from './bundles.ts'

const names = Object.keys(environments) as FunctionName[]
/** What a function has no use for: whoever brings it in by accident is told. */
const strangers: Readonly<Record<FunctionName, RegExp>> = {
  evaluate: /octokit|^yaml$|nested-clients|client-secrets-manager|client-eventbridge|^src\/core\/(message|markers)$/,
  scan: /octokit|^yaml$|nested-clients|client-eventbridge|^src\/core\/markers$/,
  promote: /nested-clients|client-ecr|client-lambda/,
  sweep: /octokit|^yaml$|re2js|nested-clients|client-ecr|client-secrets-manager|client-eventbridge|^src\/core\/(message|markers)$/,
  // It checks patterns and templates before it writes anything, so it holds what judges and renders.
  receive: /octokit|nested-clients|client-ecr|client-sqs|^src\/core\/(message|markers)$/,
  apply: /octokit|nested-clients|client-ecr|client-secrets-manager|client-eventbridge|^src\/core\/markers$/,
}

describe('the bundle of', () => {
  test.each(names)('%s is small, and holds nothing that the function has no use for', { timeout: 60_000 }, async (name) => {
    const { bytes, parts } = await bundle(name)
    const largest = parts.slice(0, 4).map(([part, size]) => `${part} ${Math.round(size / 1000)}`)
    process.stdout.write(`${JSON.stringify({ name: 'bundle', function: name, bytes, largestKB: largest.join(', ') })}\n`)
    expect(bytes).toBeLessThanOrEqual(largestBundle[name])
    expect(parts.filter(([part, size]) => size > 0 && strangers[name].test(part))).toEqual([])
  })
})
