export interface ReceiverSpec {
  readonly type: string
  readonly events?: readonly string[]
  readonly resources: readonly {
    readonly apiVersion?: string
    readonly kind: string
    readonly name: string
    readonly namespace?: string
    readonly matchLabels?: Readonly<Record<string, string>>
    readonly filter?: string
  }[]
  readonly resourceFilter?: string
  readonly secretRef?: { readonly name: string }
  readonly oidcProviders?: readonly OidcProvider[]
  readonly suspend?: boolean
}
export interface OidcProvider {
  readonly issuerURL: string
  readonly audience?: string
  readonly variables?: readonly { readonly name: string; readonly expression: string }[]
  readonly validations: readonly { readonly expression: string; readonly message: string }[]
}
