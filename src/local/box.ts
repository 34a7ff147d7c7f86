/** A stand-in for a service, at the wire: what it would answer to this request. */
export type Box = (request: Request) => Promise<Response>

/** Boxes have no clock of their own: a scenario sets it. */
export interface BoxClock {
  readonly now: () => number
}
