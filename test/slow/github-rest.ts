// A plain client for a GitHub at the other end of a real wire.
import type { GitRestSubject } from '../contracts/git-rest.ts'

export const restAt =
  (place: { readonly api: string; readonly repository: string; readonly token: string }): GitRestSubject['rest'] =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${place.api}/repos/${place.repository}${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${place.token}`, accept: 'application/vnd.github+json', 'user-agent': 'tagboat', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = (response.headers.get('content-type') ?? '').includes('json') && text !== ''
    return { status: response.status, headers: response.headers, body: json ? (JSON.parse(text) as unknown) : text }
  }
