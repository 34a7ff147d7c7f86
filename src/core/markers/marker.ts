// What a comment says: `# {"$imagepolicy": "namespace:policy[:name|:tag|:digest]"}`, or kyaml's long form with `$ref`.

const shortHand = '$imagepolicy'
const longForm = '#/definitions/io.k8s.cli.setters.'

/**
 * The setters that a scalar's comment names, known or not: the first known one counts. The comment behind the scalar hides the one above it.
 * The whole comment must be one JSON object of strings, behind any number of `#`.
 */
export function settersOf(behind: string, head: string): readonly string[] {
  const comment = behind !== '' ? behind : head
  if (!comment.includes('{')) return []
  const text = comment.replace(/^#+/, '')
  const short = stringsOf(text)?.get(shortHand)
  const names = [typeof short === 'string' && short !== '' ? decoded(short) : undefined, longFormOf(text)]
  return names.filter((name) => name !== undefined)
}

const quotedText = String.raw`"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`
const space = String.raw`[ \t\r\n]*`
const member = String.raw`(${quotedText})${space}:${space}(${quotedText}|null)`
const flatObject = new RegExp(`^${space}\\{${space}(?:${member}${space}(?:,${space}${member}${space})*)?\\}${space}$`)
const members = new RegExp(member, 'g')

/** Go reads it into a map of strings, where the last of two equal keys counts: null is empty, any other value spoils the whole. */
function stringsOf(text: string): ReadonlyMap<unknown, unknown> | undefined {
  if (!flatObject.test(text)) return undefined
  return new Map(Array.from(text.matchAll(members), ([, key = '', value = '']) => [parsed(key), parsed(value)]))
}

/** kyaml reads the long form as an OpenAPI schema; text after its closing brace does not disturb it. Only the fragment of the reference counts. */
function longFormOf(text: string): string | undefined {
  if (!text.includes(longForm)) return undefined
  const json = parsed(firstObject(text))
  if (typeof json !== 'object' || json === null || !('$ref' in json) || typeof json.$ref !== 'string') return undefined
  const fragment = json.$ref.slice(Math.max(json.$ref.indexOf('#'), 0))
  return fragment.startsWith(longForm) ? decoded(fragment.slice(longForm.length)) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Up to the brace that closes the first one. */
function firstObject(text: string): string {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '\\' && quoted) i++
    else if (c === '"') quoted = !quoted
    else if (!quoted && c === '{') depth++
    else if (!quoted && c === '}' && --depth === 0) return text.slice(0, i + 1)
  }
  return text
}

/** The name travels as the fragment of a URL and as one step of a JSON pointer, so that escapes of both are undone. */
function decoded(name: string): string | undefined {
  if (!/[%~]/.test(name)) return name
  try {
    return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}
