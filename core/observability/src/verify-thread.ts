import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

import type { StoreRecipe } from '@loop-engine/core'

import type { VerifyBatch } from './verify-batch.ts'

export interface VerifyThread {
  /** One batch at a time. */
  readonly verify: VerifyBatch
  close(): Promise<void>
}

/** Plain text, because a bundler would lose a file of its own. */
const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { verifier, recipe, deep } = workerData
  const open = async () => {
    const { verifyBatch } = await import(verifier)
    const { [recipe.create]: create } = await import(recipe.module)
    const store = create(recipe.options)
    await store.open()
    return { store, verifyBatch }
  }
  const opening = open()
  parentPort.on('message', async (batch) => {
    const { store, verifyBatch } = await opening
    if (batch !== null) return parentPort.postMessage(await verifyBatch(store, batch, deep))
    await store.close()
    parentPort.close()
  })
`

/** Verifies on a thread of its own, which starts with the first batch. `here` takes over when that thread cannot work. */
export function createVerifyThread(
  recipe: StoreRecipe,
  deep: boolean,
  here: VerifyBatch,
): VerifyThread {
  let worker: Worker | null = null
  let isLost = false

  const start = (): Worker => {
    // Loaded late, because most programs never come here.
    const threads = process.getBuiltinModule('node:worker_threads')
    const verifier = import.meta.resolve('@loop-engine/observability')
    return new threads.Worker(program, { eval: true, workerData: { verifier, recipe, deep } })
  }
  const there: VerifyBatch = async (batch) => {
    worker ??= start()
    const answered = once(worker, 'message')
    worker.postMessage(batch)
    const [reports] = await answered
    return reports
  }

  return {
    async verify(batch) {
      if (isLost) return here(batch)
      try {
        return await there(batch)
      } catch (error) {
        isLost = true
        process.emitWarning(`A thread that helps to verify cannot work: ${String(error)}`)
        return here(batch)
      }
    },
    async close() {
      if (worker === null || isLost) return
      const ended = once(worker, 'exit')
      worker.postMessage(null)
      await ended
    },
  }
}
