// Requests and answers whose body is one text. The platform's own cost more to make and to read than most boxes take to answer, since each
// carries streams and signals; here they come into being only if somebody asks for them.

/** Headers as they were given, names in lower case. */
export type PlainHeaders = Readonly<Record<string, string>>

abstract class Quick<Real extends Request | Response> {
  readonly content: string
  readonly plainHeaders: PlainHeaders
  bodyUsed = false
  #headers: Headers | undefined
  #real: Real | undefined
  constructor(content: string, headers: PlainHeaders) {
    this.content = content
    this.plainHeaders = headers
  }
  protected abstract make(): Real
  protected get real(): Real {
    return (this.#real ??= this.make())
  }
  get headers(): Headers {
    return (this.#headers ??= new Headers(this.plainHeaders))
  }
  get body(): Real['body'] {
    return this.real.body
  }
  async text(): Promise<string> {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.bodyUsed = true
    return this.content
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new TextEncoder().encode(await this.text())
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }
  async blob(): Promise<Blob> {
    return this.real.blob()
  }
  async formData(): Promise<FormData> {
    return this.real.formData()
  }
}

export class QuickResponse extends Quick<Response> implements Response {
  readonly status: number
  readonly statusText = ''
  readonly redirected = false
  readonly type = 'default'
  readonly url = ''
  constructor(content: string, { status = 200, headers = {} }: { readonly status?: number; readonly headers?: PlainHeaders } = {}) {
    super(content, headers)
    this.status = status
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
  protected make(): Response {
    return new Response(this.content, { status: this.status, headers: this.plainHeaders })
  }
  clone(): QuickResponse {
    return new QuickResponse(this.content, { status: this.status, headers: this.plainHeaders })
  }
}

/** A POST. */
export class QuickRequest extends Quick<Request> implements Request {
  readonly method = 'POST'
  readonly url: string
  readonly cache = 'default'
  readonly credentials = 'same-origin'
  readonly destination = ''
  readonly duplex = 'half'
  readonly integrity = ''
  readonly keepalive = false
  readonly mode = 'cors'
  readonly redirect = 'follow'
  readonly referrer = 'about:client'
  readonly referrerPolicy = ''
  constructor(url: string, content: string, headers: PlainHeaders) {
    super(content, headers)
    this.url = url
  }
  get signal(): AbortSignal {
    return this.real.signal
  }
  protected make(): Request {
    return new Request(this.url, { method: 'POST', headers: this.plainHeaders, body: this.content })
  }
  clone(): QuickRequest {
    return new QuickRequest(this.url, this.content, this.plainHeaders)
  }
}
