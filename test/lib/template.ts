// Synthesises a stack as the CDK app would, without bundling, and reads its template in short words.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { ImagePromoter, type ImagePromoterProps } from '../../lib/index.ts'

const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>
}

/** A folder of manifests to deploy. */
export const manifests = fileURLToPath(new URL('./manifests', import.meta.url))

/** A stack to put a promoter into, under the feature flags that we deploy with. */
export const newStack = (): Stack => new Stack(new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } }), 'Test')

export function synthesise(props: Partial<ImagePromoterProps> = {}): Template {
  const stack = newStack()
  new ImagePromoter(stack, 'Promoter', { gitRepositories: ['org/fleet'], manifests: { default: manifests }, ...props })
  return Template.fromStack(stack)
}

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}
export const resources = (template: Template, type: string): readonly (readonly [id: string, resource: Resource])[] =>
  Object.entries(template.findResources(type) as Readonly<Record<string, Resource>>).map(([id, resource]) => [nameOf(id), resource])

/** A logical id without the construct's path and the hash: `Evaluate`, `Targets`. */
const nameOf = (id: string): string => id.replace(/^Promoter(State|Inbox|Functions|Alarms|Manifests)?/, '').replace(/[0-9A-F]{8}$/, '')

/** An intrinsic function as a person would say it. */
export function spell(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const [[name = '', inner] = []] = Object.entries(value)
  if (name === 'Ref') return String(inner).startsWith('AWS::') ? `{${String(inner).slice(5)}}` : `{${nameOf(String(inner))}}`
  if (name === 'Fn::GetAtt') return `{${nameOf(String((inner as readonly unknown[])[0]))}}`
  if (name === 'Fn::Join') return ((inner as readonly unknown[])[1] as readonly unknown[]).map(spell).join('')
  throw new Error(`a template holds ${name}, which the tests cannot read yet`)
}

const spelt = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0] ?? '') ? spell(value) : value

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

/** Every right of every role: `action resource`, with its condition if it has one. */
export function rights(template: Template): Readonly<Record<string, readonly string[]>> {
  const roles: Record<string, string[]> = {}
  for (const [, { Properties }] of resources(template, 'AWS::IAM::Policy')) {
    const { PolicyDocument, Roles } = Properties as {
      readonly PolicyDocument: { readonly Statement: readonly Statement[] }
      readonly Roles: readonly unknown[]
    }
    const said = PolicyDocument.Statement.flatMap((statement) =>
      [statement.Action].flat().flatMap((action) =>
        [statement.Resource].flat().map((resource) => {
          const condition = statement.Condition === undefined ? '' : ` if ${JSON.stringify(statement.Condition, spelt)}`
          return `${statement.Effect === 'Allow' ? '' : 'not '}${action} ${spell(resource)}${condition}`
        }),
      ),
    )
    for (const role of Roles.map(spell)) roles[role] = [...(roles[role] ?? []), ...said].sort()
  }
  return roles
}
