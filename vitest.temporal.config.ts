import { configDefaults, defineConfig } from 'vitest/config'

import base from './vitest.config.ts'

/** The tests that need a Temporal server, which `startTemporal` fetches: `npm run test:temporal`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['**/*.temporal.test.ts'],
    exclude: configDefaults.exclude,
    // The runtime of a worker is installed once in a process.
    isolate: true,
    // Workflows are bundled under the conditions of the process.
    execArgv: ['--conditions=@loop-engine/source'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
