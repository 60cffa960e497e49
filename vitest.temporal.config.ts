import { join } from 'node:path'

import type { Plugin } from 'vite'
import { configDefaults, defineConfig } from 'vitest/config'

import base from './vitest.config.ts'

const sdk = join(import.meta.dirname, 'core/sdk/src')

/** Gives the SDK's own tests, when one imports them here, systems on Temporal in place of plain ones. */
const sdkOnTemporal: Plugin = {
  name: 'sdk-on-temporal',
  enforce: 'pre',
  resolveId(source, importer = '') {
    if (source !== './index.ts' || !importer.startsWith(sdk) || !importer.endsWith('.test.ts'))
      return null
    return join(import.meta.dirname, 'tools/proof/src/temporal/sdk-on-temporal.ts')
  },
}

/** The tests that need a Temporal server, which `startTemporal` fetches: `npm run test:temporal`. */
export default defineConfig({
  ...base,
  plugins: [sdkOnTemporal],
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
