// The slower proofs: with programs that are not part of an install (Debian's skopeo and docker-registry, Python's moto[server]). `npx vitest run --config test/slow/vitest.config.ts`
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    include: ['test/slow/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'threads',
    maxWorkers: 1,
  },
})
