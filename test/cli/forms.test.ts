// Each command as it speaks on a terminal, in a pipe and to a program, and when it fails: one page for each, to be read as a reader sees it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'
import { speaker } from './inside.ts'
import { temporary } from './worlds.ts'

let world: Boxed
let speak: ReturnType<typeof speaker>
const { folder, remove } = temporary()
beforeAll(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  speak = speaker(world)
  for (const tag of ['1.0.0', '1.2.3']) await world.push('app', tag)
  await world.apply(manifests({ policies: { app: semver('1.x') } }))
  await world.rest()
  writeFileSync(join(folder, 'more.yaml'), manifests({ policies: { app: semver('1.x'), more: semver('>=1.0.0') } }))
  writeFileSync(join(folder, 'bad.yaml'), manifests({ policies: { bad: 'policy: { semver: { rnage: 1.x } }' } }))
})
afterAll(async () => {
  remove()
  await world.boxes.close()
})

const steady = (text: string): string =>
  text
    .replaceAll('\u001b', '␛')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST')
    .replace(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replace(/\b[0-9a-f]{7}\b(?=\s|␛|$)/gm, 'COMMIT')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b1[67]\d{11}\b/g, 'MILLISECONDS')
    .replace(/(Tagboat-Id: |"id": ")[0-9a-f-]+/g, '$1ID')
    .replace(/\d+\.\d s after/g, 'N s after')

const forms = ['terminal', 'pipe', 'json'] as const
type Form = (typeof forms)[number] | 'error'
/** Where a command has no `-o`, it speaks to programs by its exit code. */
const pages: Readonly<Record<string, Readonly<Partial<Record<Form, string>>>>> = {
  get: { terminal: 'get images all', pipe: 'get images all', json: 'get source git -o json', error: 'get images polcy' },
  'get-targets': { terminal: 'get targets', pipe: 'get targets', json: 'get targets -o json', error: 'get targets nowhere' },
  history: { terminal: 'history', pipe: 'history', json: 'history -o json', error: 'history nobody' },
  plan: { terminal: 'plan', pipe: 'plan', json: 'plan -o json', error: 'plan app' },
  apply: {
    terminal: 'apply -f more.yaml --dry-run',
    pipe: 'apply -f more.yaml --dry-run',
    json: 'apply -f more.yaml --dry-run -o json',
    error: 'apply -f bad.yaml',
  },
  explain: {
    terminal: 'explain policy app',
    pipe: 'explain app:1.2.3',
    json: 'explain policy app -o json',
    error: 'explain policy nobody',
  },
  push: { terminal: 'push app:1.0.1', pipe: 'push app:1.0.2', json: 'push app:1.0.3 -o json', error: 'push App:1' },
  create: {
    terminal: 'create image policy one --image-ref=app --select-semver=1.x',
    pipe: 'create image policy one --image-ref=app --select-semver=1.x --export',
    error: 'create image policy one --image-ref=nobody --select-semver=1.x',
  },
  reconcile: { terminal: 'reconcile image policy app', pipe: 'reconcile image repository app', error: 'reconcile image policy nobody' },
  suspend: { terminal: 'suspend image update fleet', pipe: 'suspend image update fleet', error: 'suspend image update nobody' },
  resume: { terminal: 'resume image update fleet', pipe: 'resume image update fleet', error: 'resume image update nobody' },
  disable: { terminal: 'disable image update fleet', pipe: 'disable image update fleet', error: 'disable image policy app' },
  enable: { terminal: 'enable image update fleet', pipe: 'enable image update fleet', error: 'enable image update nobody' },
  export: { terminal: 'export image policy app', pipe: 'export source git --all', error: 'export image policy nobody' },
  delete: { terminal: 'delete image policy one -s', error: 'delete image policy one -s' },
}

test.each(Object.entries(pages))('%s', async (name, lines) => {
  const said: string[] = []
  for (const form of [...forms, 'error'] as const) {
    const line = lines[form]
    if (line === undefined) continue
    const looks = form === 'terminal' ? { live: true, colours: true } : {}
    const { code, out, error } = await speak(line, { folder, ...looks })
    expect([line, code === 0]).toEqual([line, form !== 'error'])
    said.push(`==> ${form}: tagboat ${line}\n${error === '' ? '' : `--- standard error\n${error}--- standard output\n`}${out}=== ${code}\n`)
  }
  await expect(steady(said.join('\n'))).toMatchFileSnapshot(join(import.meta.dirname, `../golden/cli/forms/${name}.txt`))
})
