// The CDK app: context in, one stack out. `npx cdk deploy -c gitRepositories=org/fleet`
import { App, Stack } from 'aws-cdk-lib'
import { ImagePromoter } from '../lib/index.ts'

const app = new App()

/** From cdk.json a list, from `-c name=a,b` a text. */
const list = (name: string): readonly string[] | undefined => {
  const value: unknown = app.node.tryGetContext(name)
  const all = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : undefined
  return all?.map((each) => each.trim()).filter((each) => each !== '')
}
const text = (name: string): string | undefined => {
  const value: unknown = app.node.tryGetContext(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A folder for the scope `default`, or an object of folders by scope. */
const folders = (name: string): Readonly<Record<string, string>> | undefined => {
  const value: unknown = app.node.tryGetContext(name)
  if (typeof value === 'string' && value !== '') return { default: value }
  if (typeof value !== 'object' || value === null) return undefined
  return Object.fromEntries(Object.entries(value).map(([scope, folder]) => [scope, String(folder)]))
}

const manifests = folders('manifests')
const ecrRepositories = list('ecrRepositories')
const secretPrefix = text('secretPrefix')
const mode = text('mode')
if (mode !== undefined && mode !== 'observe' && mode !== 'write') throw new Error(`mode: expected observe or write, met "${mode}"`)
const stack = new Stack(app, text('stackName') ?? 'Tagboat', { description: 'tagboat: the right image tag in Git, seconds after the push' })
new ImagePromoter(stack, 'Promoter', {
  gitRepositories: list('gitRepositories') ?? [],
  ...(ecrRepositories?.length ? { ecrRepositories } : {}),
  ...(secretPrefix ? { secretPrefix } : {}),
  ...(mode ? { mode } : {}),
  ...(manifests ? { manifests } : {}),
})
