import { configDefaults, defineConfig } from 'vitest/config'

import base from './vitest.config.ts'

/** The tests that need NATS or Kafka, which `startNats` and `startKafka` fetch: `npm run test:brokers`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['**/*.broker.test.ts'],
    exclude: configDefaults.exclude,
    // A broker at a time: there may be two cores.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
})
