// The last step of `npm run build`: what a published package brings beside its compiled code. The functions, so that nobody who deploys them
// needs a bundler; and the one page that is not code.
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { esbuildOptions, largestBundle } from '../lib/bundles.ts'

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

for (const name of Object.keys(largestBundle)) await build({ ...esbuildOptions(name), outfile: at(`dist/bundles/${name}/index.mjs`) })
cpSync(at('src/web/dashboard.html'), at('dist/src/web/dashboard.html'))
