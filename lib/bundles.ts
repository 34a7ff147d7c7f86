// How a function becomes one file.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Charset, OutputFormat, type BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs'

/** In bytes; a test holds each function to it. What starts cold on every push must be small. */
export const largestBundle = {
  evaluate: 600_000,
  scan: 600_000,
  promote: 1_000_000,
  sweep: 400_000,
  apply: 1_000_000,
  receive: 700_000,
} as const

export const bundling = () =>
  ({
    format: OutputFormat.ESM,
    target: 'node24',
    mainFields: ['module', 'main'],
    // The SDK too: loaded from outside of the bundle it starts more slowly.
    externalModules: [],
    minify: true,
    charset: Charset.UTF8,
    // Some dependencies still call `require`, which an ES module does not have.
    banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    esbuildArgs: Object.fromEntries(Object.entries(standIns()).map(([name, path]) => [`--alias:${name}`, path])),
  }) satisfies BundlingOptions

/** Packages that a function has something smaller for. */
export const standIns = (): Readonly<Record<string, string>> => ({ '@aws-sdk/credential-provider-node': rootOf('credentials') })

/** The same in esbuild's own words. */
export function esbuildOptions(name: string) {
  const { format, target, mainFields, externalModules, minify, charset, banner } = bundling()
  return {
    entryPoints: [rootOf(name)],
    bundle: true,
    platform: 'node' as const,
    format,
    target,
    mainFields,
    external: externalModules,
    minify,
    charset,
    banner: { js: banner },
    alias: { ...standIns() },
  }
}

/** A published package brings its functions bundled, beside the compiled code, so that nobody needs esbuild; a checkout has none there. */
export function builtBundle(name: string): string | undefined {
  const folder = fileURLToPath(new URL(`../bundles/${name}`, import.meta.url))
  return existsSync(folder) ? folder : undefined
}

/** TypeScript in a checkout, compiled in a published package. */
export function rootOf(name: string): string {
  const paths = [`../lambdas/${name}.ts`, `../lambdas/${name}.js`].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  const found = paths.find((path) => existsSync(path))
  if (found) return found
  throw new Error(`function "${name}" has no entry: expected ${paths.join(' or ')}; the package is not complete, install it again`)
}
