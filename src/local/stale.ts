// A read that is answered from the past, as services may that only promise eventual consistency. The wire asks for it by a header that
// no real service knows; a box that may lag looks at it, every other one does not.
import { QuickRequest } from './quick.ts'

const header = 'x-box-stale'

export const asStale = (request: Request, milliseconds: number): Request => {
  if (request instanceof QuickRequest)
    return new QuickRequest(request.url, request.content, { ...request.plainHeaders, [header]: String(milliseconds) })
  const headers = new Headers(request.headers)
  headers.set(header, String(milliseconds))
  return new Request(request, { headers })
}

/** How many milliseconds ago the answer may be from. */
export const staleness = (request: Request): number => Number(request.headers.get(header) ?? 0)
