// The bundles of the functions, made as the CDK makes them, and as the published package brings them.
import { build, type Metafile } from 'esbuild'
import { esbuildOptions } from '../../lib/bundles.ts'

export interface Bundle {
  readonly code: string
  readonly bytes: number
  /** Bytes by package, or by folder of ours; largest first. */
  readonly parts: readonly (readonly [name: string, bytes: number])[]
}

export async function bundle(name: string): Promise<Bundle> {
  const made = await build({ ...esbuildOptions(name), outfile: 'index.mjs', write: false, metafile: true })
  const [file] = made.outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${name}`)
  return { code: file.text, bytes: file.contents.byteLength, parts: partsOf(made.metafile) }
}

function partsOf({ outputs }: Metafile): Bundle['parts'] {
  const sums = new Map<string, number>()
  for (const [file, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
    const part = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/').slice(0, 3).join('/')
    sums.set(part, (sums.get(part) ?? 0) + bytesInOutput)
  }
  return [...sums].sort((a, b) => b[1] - a[1])
}
