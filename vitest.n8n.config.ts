import { join } from 'node:path'

import { configDefaults, defineConfig } from 'vitest/config'

import base from './vitest.config.ts'

// Too heavy for the workspace: installed into a folder of its own by the script `setup` of the package.
const engine = join(import.meta.dirname, 'integrations/n8n/engine/node_modules')

/** Our nodes in the real engine of n8n: `npm run test:n8n`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['integrations/n8n/**/*.n8n.test.ts'],
    exclude: configDefaults.exclude,
    // As in n8n itself, where nodes find n8n-workflow although it is not installed beside them.
    env: { NODE_PATH: engine },
    alias: {
      '@n8n/di': join(engine, '@n8n/di'),
      flatted: join(engine, 'flatted'),
      'n8n-core': join(engine, 'n8n-core/dist/index.js'),
      'n8n-workflow': join(engine, 'n8n-workflow/dist/cjs/index.js'),
    },
    isolate: true,
  },
})
