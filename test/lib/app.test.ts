import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { contextNames } from '../../lib/context.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { app, context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { readonly app: string; readonly context: object }

/** Runs the command of cdk.json as the CDK's command line does, with an environment that holds nothing else. */
function synth(more: object) {
  const out = mkdtempSync(join(tmpdir(), 'tagboat-synth-'))
  try {
    const [command = '', ...rest] = app.split(' ')
    const env = {
      PATH: process.env.PATH,
      CDK_OUTDIR: out,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [], ...more }),
    }
    const { status, stderr } = spawnSync(command, rest, { cwd: root, env, encoding: 'utf8' })
    const templates = readdirSync(out).filter((name) => name.endsWith('.template.json'))
    return { status, stderr, templates, text: templates.map((name) => readFileSync(join(out, name), 'utf8')).join('') }
  } finally {
    rmSync(out, { recursive: true })
  }
}

test('the app makes one stack of its context, without any AWS variable, and says nothing', { timeout: 120_000 }, () => {
  const { status, stderr, templates, text } = synth({
    gitRepositories: 'org/fleet, org/apps',
    ecrRepositories: ['web'],
    stackName: 'Promotion',
    secretPrefix: 'eu/tagboat',
    mode: 'observe',
    manifests: 'test/lib/manifests',
    ecrSweep: '5m',
    sourceRegions: 'us-east-1',
    sourceAccounts: ['111122223333'],
    githubAppKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
    encryptionKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
    alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms',
    permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/limits',
    memorySize: '512',
    logLevel: 'debug',
    logRetentionDays: '30',
    sweepEvery: '2m',
    removalPolicy: 'destroy',
    dashboard: 'true',
  })
  expect({ status, stderr, templates }).toEqual({ status: 0, stderr: '', templates: ['Promotion.template.json'] })
  const template = JSON.stringify(JSON.parse(text))
  for (const expected of [
    '"GIT_REPOSITORIES":"org/fleet,org/apps"',
    '"repository-name":["web"]',
    ':secret:eu/tagboat/git/*',
    '"MODE":"observe"',
    '"File":"app.yaml"',
    '"ECR_SWEEP_SECONDS":"300"',
    ':ecr:us-east-1:',
    'iam::111122223333:role/tagboat-read',
    '"kms:Sign"',
    'key/1a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
    ':alarms"',
    'policy/limits',
    '"MemorySize":512',
    '"LOG_LEVEL":"debug"',
    '"RetentionInDays":30',
    '"rate(2 minutes)"',
    '"DeletionPolicy":"Delete"',
    '"AWS::CloudWatch::Dashboard"',
  ])
    expect(template).toContain(expected)
})

test('the app says all that is wrong with its context at once, by name, with what was met', { timeout: 60_000 }, () => {
  const { status, stderr } = synth({ mode: 'wirte', memorySize: 64, ecrSweep: 'often', encryptionKeyArn: 'my-key', dashboard: 'perhaps' })
  expect(status).toBe(1)
  for (const line of [
    'mode: expected observe or write, met "wirte"',
    'memorySize: expected at least 256 megabytes, met 64',
    'ecrSweep: expected a duration such as 90s, 10m or 2h, met "often"',
    'encryptionKeyArn: expected an ARN of kms, met "my-key"',
    'dashboard: expected true or false, met "perhaps"',
  ])
    expect(stderr).toContain(line)
})

test('every name of the context is in the documentation', () => {
  const text = readFileSync(join(root, 'docs/deploy.md'), 'utf8')
  expect([...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort()).toEqual([...contextNames, 'stackName'].sort())
})
