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

test('the app gives one stack without any AWS variable, and says nothing', () => {
  const { status, stderr, templates, text } = synth({})
  expect({ status, stderr, templates }).toEqual({ status: 0, stderr: '', templates: ['Tagboat.template.json'] })
  expect(text).toContain('none: nothing is committed until gitRepositories names one')
})

test('context says what may be written, listened to, and what the stack is called', () => {
  const { templates, text } = synth({
    gitRepositories: 'org/fleet, org/apps',
    ecrRepositories: ['web'],
    stackName: 'Promotion',
    secretPrefix: 'eu/tagboat',
  })
  expect(templates).toEqual(['Promotion.template.json'])
  for (const expected of ['"GIT_REPOSITORIES": "org/fleet,org/apps"', '"repository-name": [\n      "web"', ':secret:eu/tagboat/git/*'])
    expect(text).toContain(expected)
})
