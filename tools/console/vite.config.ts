import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

import { defineConfig, type Plugin } from 'vite'

/** Compressed once, here, rather than at every request; from what was written, when nothing replaces anything in it. */
const compressed: Plugin = {
  name: 'compressed',
  writeBundle({ dir = '' }) {
    for (const file of globSync('**/*.{js,css,svg}', { cwd: dir })) {
      const path = join(dir, file)
      const source = readFileSync(path)
      writeFileSync(`${path}.br`, brotliCompressSync(source))
      writeFileSync(`${path}.gz`, gzipSync(source))
    }
  },
}

export default defineConfig({
  root: `${import.meta.dirname}/src/app`,
  resolve: { conditions: ['@loop-engine/source', 'module', 'browser', 'production'] },
  plugins: [compressed],
  build: {
    outDir: `${import.meta.dirname}/dist/app`,
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy allows what the server serves, and no data: URL
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      // 'use client' means nothing here.
      checks: { moduleLevelDirective: false },
    },
  },
  // `npx vite` beside `loop serve`.
  server: { proxy: { '/api': 'http://127.0.0.1:4777', '/login': 'http://127.0.0.1:4777' } },
})
