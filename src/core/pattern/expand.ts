/** A template cut up once: literal text, and the groups of which the first that took part is inserted. */
export type Template = readonly (string | readonly number[])[]

/** The text of a group, or undefined where it took no part in the match (or does not exist). */
export type GroupText = (group: number) => string | undefined

const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u
// Go reads a number only without a leading zero, `$01` being a name, and only up to nine digits.
const groupNumber = /^(?:0|[1-9][0-9]{0,8})$/

/** Go's Regexp.Expand: `$name` is the longest run of letters, digits and `_`; `$$` a dollar; what is malformed stays as it is. */
export function parseTemplate(source: string, names: readonly string[]): Template {
  const parts: (string | readonly number[])[] = []
  let text = ''
  let rest = source
  for (let dollar = rest.indexOf('$'); dollar >= 0; dollar = rest.indexOf('$')) {
    text += rest.slice(0, dollar)
    rest = rest.slice(dollar + 1)
    const found = rest.startsWith('$') ? null : reference.exec(rest)
    if (!found) {
      text += '$'
      if (rest.startsWith('$')) rest = rest.slice(1)
      continue
    }
    const name = found[1] ?? found[2] ?? ''
    const groups = groupNumber.test(name) ? [Number(name)] : names.flatMap((each, group) => (each === name ? [group] : []))
    if (text !== '') parts.push(text)
    text = ''
    parts.push(groups)
    rest = rest.slice(found[0].length)
  }
  if (text + rest !== '') parts.push(text + rest)
  return parts
}

export function expand(template: Template, groupText: GroupText): string {
  let expanded = ''
  for (const part of template) expanded += typeof part === 'string' ? part : firstOf(part, groupText)
  return expanded
}

function firstOf(groups: readonly number[], groupText: GroupText): string {
  for (const group of groups) {
    const text = groupText(group)
    if (text !== undefined) return text
  }
  return ''
}
