import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LoopStore } from '@loop-engine/core'
import { storeConformance } from '@loop-engine/testing'
import { afterAll } from 'vitest'

import { createSqliteStore } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'loop-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const paths = new WeakMap<LoopStore, string>()
const createAt = (path: string, durability: 'power' | 'process'): LoopStore => {
  const store = createSqliteStore({ path, durability })
  paths.set(store, path)
  return store
}

for (const durability of ['power', 'process'] as const) {
  storeConformance({
    name: `sqlite (${durability})`,
    create: async () => createAt(join(folder, `${(files += 1)}.db`), durability),
    reopen: async (closed) => createAt(paths.get(closed) ?? '', durability),
  })
}
