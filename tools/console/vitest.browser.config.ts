import { defineConfig } from 'vitest/config'

import shared from '../../vitest.config.ts'

/** Tests with a real browser: `npm run test:browser`. They need the built page, and Chromium. */
export default defineConfig({
  ...shared,
  root: import.meta.dirname,
  test: {
    ...shared.test,
    include: ['browser/**/*.browser.ts'],
    // A browser and a server at a time: there may be two cores.
    fileParallelism: false,
    testTimeout: 90_000,
  },
})
