// Bundles the simulation and runs it: compiled once and without a loader it starts in a third of the time and runs a fifth faster.
import { mkdtempSync, rmSync } from 'node:fs'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { build } from 'esbuild'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
// Beside the packages that it imports.
const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.simulate-', import.meta.url)))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
const outfile = `${folder}/main.mjs`
await build({
  entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
})
await import(pathToFileURL(outfile).href)
