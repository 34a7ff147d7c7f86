// The deployed app in front of emulated AWS: `npm run test:aws`. Needs Python 3 and the package registries; about three minutes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    include: ['test/aws/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'threads',
    maxWorkers: 1,
    // The steps of one story: what follows a failure says nothing.
    bail: 1,
  },
})
