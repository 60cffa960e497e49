import type { ApprovalRequest, LoopInstance } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createChange } from './change.ts'

test('thousands of requests that end with their run take no longer each than a few', () => {
  const change = createChange({ version: 1 } as LoopInstance)
  const start = process.threadCpuUsage()

  for (let number = 0; number < 20_000; number++)
    change.upsert({ id: `run-1:${number}` } as ApprovalRequest)

  const { user, system } = process.threadCpuUsage(start)
  expect((user + system) / 1000).toBeLessThan(1000)
})
