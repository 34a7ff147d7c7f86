// A box on a loopback port, for clients that are processes.
import { serve } from '../../src/cli/serve.ts'
import type { Box } from '../../src/local/box.ts'

export interface Loopback {
  readonly url: string
  readonly close: () => Promise<void>
}
export async function onLoopback(box: Box): Promise<Loopback> {
  const { port, close } = await serve(box, 0)
  return { url: `http://127.0.0.1:${port}`, close }
}
