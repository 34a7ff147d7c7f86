// How a commit of ours is told from a person's that writes the same bytes.

export interface Trailers {
  readonly id: string
  /** Flux requires an author in every automation; GitHub's own commits cannot have one. */
  readonly coAuthor?: { readonly name?: string | undefined; readonly email: string } | undefined
}

/** The message as rendered, then the trailers, set apart so that Git reads them as such. */
export function withTrailers(message: string, { id, coAuthor }: Trailers): string {
  const lines = [...(coAuthor ? [`Co-authored-by: ${coAuthor.name || coAuthor.email} <${coAuthor.email}>`] : []), `Tagboat-Id: ${id}`]
  return `${message.replace(/\s+$/, '')}\n\n${lines.join('\n')}\n`
}

/** The ids that a message carries: one, unless somebody squashed commits of ours. */
export const idsIn = (message: string): readonly string[] =>
  [...message.matchAll(/^Tagboat-Id: ([0-9a-z-]+)\r?$/gm)].map(([, id = '']) => id)
