#!/usr/bin/env node
// Runs a TypeScript file of this checkout on any supported Node: `node bin/run.js FILE [ARGUMENTS…]`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { register } from 'tsx/esm/api'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
register()
const file = resolve(process.argv[2] ?? '')
process.argv.splice(1, 2, file)
await import(pathToFileURL(file).href)
