#!/usr/bin/env node
// The command line. A published package holds compiled code; a checkout runs its sources through tsx.
import { existsSync } from 'node:fs'

// The bundles run on the Lambda runtime's own Node; what the SDK will need next year is no news to somebody who pushes a tag.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

const built = new URL('../dist/src/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api')
  register()
}
const { main } = await import(existsSync(source) ? source.href : built.href)
process.exitCode = await main(process.argv.slice(2))
