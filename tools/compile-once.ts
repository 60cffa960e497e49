import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

/** What the processes that tests start load is compiled by the first of them, and read by the others. */
export function setup({ config }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'loop-engine-compiled-'))
  config.env = { ...config.env, NODE_COMPILE_CACHE: folder }
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
