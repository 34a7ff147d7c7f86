/** What a function answers with when it fails, or Go's own panic inside one: `error calling NAME: …`. */
export class Panic extends Error {
  override readonly name = 'Panic'
}

/** The template is wrong (Go: parse error) or meets a value it can't handle (Go: ExecError). The message is complete. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** One of our own limits was reached; nothing in Go has this. The message names the limit. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}
