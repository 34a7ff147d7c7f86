/** What became of one invocation. `refused`: it never started, there was no room for it. */
export type Invoked =
  | { readonly is: 'answered'; readonly payload: unknown }
  | { readonly is: 'failed'; readonly error: FunctionError }
  | { readonly is: 'refused'; readonly why: string }

export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}
