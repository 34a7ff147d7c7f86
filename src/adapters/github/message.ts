export interface SplitMessage {
  readonly headline: string
  readonly body?: string
}

/**
 * GitHub joins the two by an empty line. A message whose second line is not empty cannot be had that way: it goes into the headline as a
 * whole, which GitHub writes as it is. Line ends at the very end are dropped, as GitHub itself and `git commit` do.
 */
export function splitMessage(message: string): SplitMessage {
  const text = message.replace(/[\r\n]+$/, '')
  const blank = text.indexOf('\n\n')
  const headline = blank < 0 ? text : text.slice(0, blank)
  if (blank < 0 || headline.includes('\n')) return { headline: text }
  return { headline, body: text.slice(blank + 2) }
}
