// What a schema cannot see: whether a range, a pattern, a template, an image or a URL means anything. Told when it is applied, not at the
// first push, which may be weeks later.
import { compileExpression, conditionTrouble } from '../cel.ts'
import { parseGitUrl } from '../git-url.ts'
import { parseImage } from '../image.ts'
import { checkTemplate } from '../message.ts'
import { compileExclusions, compileRule } from '../select/rule.ts'
import { prepareSelector } from '../selector.ts'
import { followedKinds } from '../webhook.ts'
import type {
  GitRepositorySpec,
  ImagePolicySpec,
  ImageRepositorySpec,
  ImageUpdateAutomationSpec,
  Kind,
  PromotionRuleSpec,
  ReceiverSpec,
} from './schemas.ts'

export interface Finding {
  /** From `spec` on. */
  readonly path: readonly string[]
  readonly is: 'refused' | 'without-effect'
  readonly message: string
  readonly code: 'template' | 'meaningless' | 'not-supported' | 'npm-range'
}

export const check = (kind: Kind, spec: unknown): readonly Finding[] =>
  troublesOf(kind, spec).map(({ path, message, warning, code = 'meaningless' }) => ({
    path,
    is: warning ? 'without-effect' : 'refused',
    message: `spec.${path.join('.')}: ${message}`,
    code,
  }))

interface Trouble {
  readonly path: readonly string[]
  readonly message: string
  /** It works, but perhaps not as meant. */
  readonly warning?: true
  readonly code?: Finding['code']
}

function troublesOf(kind: Kind, spec: unknown): readonly Trouble[] {
  switch (kind) {
    case 'ImageRepository':
      return checkImageRepository(spec as ImageRepositorySpec)
    case 'ImagePolicy':
      return checkImagePolicy(spec as ImagePolicySpec)
    case 'ImageUpdateAutomation':
      return checkAutomation(spec as ImageUpdateAutomationSpec)
    case 'GitRepository': {
      const url = parseGitUrl((spec as GitRepositorySpec).url)
      // Flux would write there, too.
      return url.ok ? [] : [{ path: ['url'], message: url.problem, code: 'not-supported' }]
    }
    case 'Receiver':
      return checkReceiver(spec as ReceiverSpec)
    case 'Namespace':
      return []
    case 'PromotionRule':
      return checkRule(spec as PromotionRuleSpec)
  }
}

function checkImageRepository({ image, insecure = false, exclusionList }: ImageRepositorySpec): readonly Trouble[] {
  const parsed = parseImage(image, { insecure })
  const { fault } = compileExclusions(exclusionList)
  return [
    ...(parsed.ok ? [] : [{ path: ['image'], message: parsed.error }]),
    ...(fault ? [{ path: ['exclusionList'], message: fault.error }] : []),
  ]
}

function checkImagePolicy({ policy, filterTags }: ImagePolicySpec): readonly Trouble[] {
  const { faults } = compileRule({ policy, ...(filterTags && { filterTags }) })
  const range = policy.semver?.range
  return [
    ...(faults.policy
      ? [
          {
            path: ['policy'],
            message: `${faults.policy.error}${range === undefined ? '' : hint(range)}`,
            ...(range !== undefined && isNpmOnly(range) && { code: 'npm-range' as const }),
          },
        ]
      : []),
    ...(faults.filter ? [{ path: ['filterTags', 'pattern'], message: faults.filter.error }] : []),
  ]
}

/** Nothing at all, as a whole or as one alternative, is any version to npm. */
const isNpmOnly = (range: string): boolean => range.split('||').some((each) => each.trim() === '')

/** What people write who come from npm, and what they want. */
function hint(range: string): string {
  if (isNpmOnly(range)) return ' (only npm reads nothing as any version: write *)'
  if (/[<>=~^]\s*v?\d+(\.\d+)?\.[a-wyz]/i.test(range)) return ' (a wildcard is x or *, such as "1.x")'
  if (/\d[<>=]/.test(range)) return ' (constraints are separated by a space or a comma, such as ">=1.0.0 <2.0.0")'
  return ' (expected a range such as ">=1.0.0" or "1.x")'
}

function checkReceiver({ type, resources, resourceFilter, oidcProviders = [] }: ReceiverSpec): readonly Trouble[] {
  const facts = ['res', 'req', ...(type === 'generic-oidc' ? ['claims'] : [])]
  const condition = (path: readonly string[], expression: string | undefined, variables = facts): readonly Trouble[] => {
    const trouble = expression === undefined ? undefined : conditionTrouble(expression, variables)
    return trouble === undefined ? [] : [{ path, message: trouble }]
  }
  return [
    ...condition(['resourceFilter'], resourceFilter),
    ...resources.flatMap(({ kind, name, matchLabels, filter }, at): readonly Trouble[] => [
      ...condition(['resources', `${at}`, 'filter'], filter),
      ...(name === '*' && matchLabels === undefined
        ? [{ path: ['resources', `${at}`, 'name'], message: 'matchLabels field not set when using wildcard "*" as name' }]
        : []),
      ...(followedKinds.has(kind)
        ? []
        : [
            {
              path: ['resources', `${at}`, 'kind'],
              message: `a ${kind} is not looked at here`,
              warning: true as const,
              code: 'not-supported' as const,
            },
          ]),
    ]),
    ...oidcProviders.flatMap(({ variables = [], validations }, at): readonly Trouble[] => [
      ...variables.flatMap(({ expression }, place): readonly Trouble[] => {
        const compiled = compileExpression(expression, ['claims', 'vars'])
        return compiled.ok ? [] : [{ path: ['oidcProviders', `${at}`, 'variables', `${place}`], message: compiled.error }]
      }),
      ...validations.flatMap(({ expression }, place) =>
        condition(['oidcProviders', `${at}`, 'validations', `${place}`], expression, ['claims', 'vars']),
      ),
    ]),
  ]
}

function checkAutomation({ git, policySelector }: ImageUpdateAutomationSpec): readonly Trouble[] {
  const commit = git?.commit
  const selector = prepareSelector(policySelector)
  return [
    ...checkedTemplate(['git', 'commit', 'messageTemplate'], commit?.messageTemplate, commit?.messageTemplateValues),
    ...(selector.ok ? [] : [{ path: ['policySelector'], message: selector.error }]),
  ]
}

function checkedTemplate(path: readonly string[], text: string | undefined, values?: Readonly<Record<string, string>>): readonly Trouble[] {
  const template = checkTemplate(text ?? '', values ? { values } : {})
  return template.ok
    ? template.warnings.map((message) => ({ path, message, warning: true as const, code: 'template' as const }))
    : [{ path, message: template.error, code: 'template' as const }]
}

function checkRule({ automations, delivery }: PromotionRuleSpec): readonly Trouble[] {
  const selector = prepareSelector(automations)
  const { pullRequest } = delivery ?? {}
  return [
    ...(selector.ok ? [] : [{ path: ['automations'], message: selector.error }]),
    // Elsewhere no selector selects everything; here that would turn every automation of the namespace by one forgotten line.
    ...(delivery && !automations
      ? [{ path: ['automations'], message: 'is missing: expected the automations that delivery governs ({} for all of the namespace)' }]
      : []),
    ...(delivery === undefined || Object.keys(delivery).length === 0
      ? [{ path: ['delivery'], message: 'says nothing, so the rule changes nothing', warning: true as const }]
      : []),
    ...checkedTemplate(['delivery', 'pullRequest', 'title'], pullRequest?.title),
    ...checkedTemplate(['delivery', 'pullRequest', 'body'], pullRequest?.body),
  ]
}
