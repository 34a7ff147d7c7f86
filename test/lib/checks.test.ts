// What security teams run on a template: cdk-nag's AwsSolutions, and the CDK's own validation with every finding an error.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, test } from 'vitest'
import { ImagePromoter, type ImagePromoterProps } from '../../lib/index.ts'

const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>
}

interface Checked {
  /** Rule and construct of each finding that is not acknowledged. */
  readonly findings: readonly string[]
  readonly acknowledged: readonly { readonly path: string; readonly id: string; readonly reason: string }[]
}

interface Variation {
  readonly env?: { readonly account: string; readonly region: string }
  readonly plant?: (stack: Stack) => void
}

function check(props: Partial<ImagePromoterProps>, { env, plant }: Variation = {}): Checked {
  const outdir = mkdtempSync(join(tmpdir(), 'tagboat-checks-'))
  try {
    const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] }, outdir })
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    const stack = new Stack(app, 'Test', env === undefined ? {} : { env })
    new ImagePromoter(stack, 'Promoter', { gitRepositories: ['org/fleet'], ...props })
    plant?.(stack)
    const acknowledged = stack.node
      .findAll()
      .flatMap(({ node }) =>
        node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .flatMap(({ data }) =>
            Object.entries(data as Readonly<Record<string, string>>).map(([id, reason]) => ({ path: node.path, id, reason })),
          ),
      )
    return { findings: findingsOf(app, outdir), acknowledged }
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

function findingsOf(app: App, outdir: string): readonly string[] {
  try {
    app.synth()
    return []
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('validation-report.json')) throw error
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as {
      readonly pluginReports: readonly {
        readonly violations: readonly {
          readonly ruleName: string
          readonly violatingConstructs: readonly { readonly constructPath?: string }[]
        }[]
      }[]
    }
    return pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
    )
  }
}

describe('the template', { timeout: 60_000 }, () => {
  test('has nothing that cdk-nag or the CDK finds, but for at most eight things, each with its reason and none for the whole stack', () => {
    const { findings, acknowledged } = check({})
    expect(findings).toEqual([])
    process.stdout.write(`acknowledged: ${acknowledged.map(({ path, id }) => `${path} ${id}`).join('\n              ')}\n`)
    expect(acknowledged.length).toBeLessThanOrEqual(8)
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const { path, reason } of acknowledged) {
      expect(path).toMatch(/^Test\/Promoter\/(Inbox|Functions)\/\w+/)
      expect(reason.length).toBeGreaterThan(40)
    }
  })
  test('is as clean for a named account and region, and for other words in its names', () => {
    const env = { account: '123456789012', region: 'eu-west-1' }
    expect(check({ ecrRepositories: ['app'], secretPrefix: 'promoter/eu' }, { env }).findings).toEqual([])
  })
  test('would not be, if it were wrong', () => {
    const plant = (stack: Stack): void => {
      new CfnQueue(stack, 'Planted', { sqsManagedSseEnabled: true }).addPropertyOverride('DelaySeconds', 'soon')
    }
    const { findings } = check({}, { plant })
    expect([...new Set(findings.map((each) => each.replace(/\/Resource$/, '')))]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^AwsSolutions-SQS\d Test\/Planted/), expect.stringMatching(/^F3012 Test\/Planted/)]),
    )
  })
})
