/** What every adapter speaks: production hands in the platform's own, a boxed world hands in its boxes. */
export type Fetch = (request: Request) => Promise<Response>
