import { renderMessage, type Changed } from '../../src/core/message.ts'

interface Case {
  readonly template: string
  readonly values?: Readonly<Record<string, string>>
  readonly automationObject: { readonly name: string; readonly namespace: string }
  readonly changed: Changed
}

const commitMessage = ({ template, values, automationObject, changed }: Case): object => {
  const rendered = renderMessage(template, { automation: automationObject, changed, ...(values ? { values } : {}) }, { strict: true })
  return { expect: rendered.ok ? { text: rendered.text } : { error: rendered.error } }
}

export const answers = { 'commit-message': commitMessage }
