import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

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
  })
  expect({ status, stderr, templates }).toEqual({ status: 0, stderr: '', templates: ['Promotion.template.json'] })
  const template = JSON.stringify(JSON.parse(text))
  for (const expected of [
    '"GIT_REPOSITORIES":"org/fleet,org/apps"',
    '"repository-name":["web"]',
    ':secret:eu/tagboat/git/*',
    '"MODE":"observe"',
    '"File":"app.yaml"',
  ])
    expect(template).toContain(expected)
})
