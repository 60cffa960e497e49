import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

import type { StoreRecipe } from '@loop-engine/core'

import type { VerifyBatch } from './verify-batch.ts'

export interface VerifyThread {
  /** Verifies one batch at a time. Rejects if the thread was closed meanwhile. */
  readonly verify: VerifyBatch
  /** Ends the thread, whatever it does. */
  close(): Promise<void>
}

/** The program of the thread. Plain text, because a bundler would leave out a separate file. */
const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { verifier, recipe, deep } = workerData
  const open = async () => {
    const { createVerifyBatch } = await import(verifier)
    const { [recipe.create]: create } = await import(recipe.module)
    const store = create(recipe.options)
    await store.open()
    return createVerifyBatch(store, deep)
  }
  const opening = open()
  parentPort.on('message', async (batch) => parentPort.postMessage(await (await opening)(batch)))
`

/** Verifies on another thread, which starts with the first batch. `here` takes over if that thread cannot work. */
export function createVerifyThread(
  recipe: StoreRecipe,
  deep: boolean,
  here: VerifyBatch,
): VerifyThread {
  let thread: { readonly worker: Worker; readonly gone: Promise<never> } | null = null
  let state: 'working' | 'lost' | 'closed' = 'working'

  const start = (): NonNullable<typeof thread> => {
    // Loaded late, because most programs never come here.
    const threads = process.getBuiltinModule('node:worker_threads')
    const verifier = import.meta.resolve('@loop-engine/observability')
    const worker = new threads.Worker(program, {
      eval: true,
      workerData: { verifier, recipe, deep },
    })
    const gone = new Promise<never>((_, reject) => {
      // Not every thread that ends says why.
      worker.once('error', reject).once('exit', (code) => reject(new Error(`exit ${code}`)))
    })
    // Whoever waits for an answer hears of errors; between two batches nobody does, and the error must not end the process.
    gone.catch(() => {})
    return { worker, gone }
  }
  const there: VerifyBatch = async (batch) => {
    thread ??= start()
    const { worker, gone } = thread
    const heard = new AbortController()
    try {
      worker.postMessage(batch)
      return await Promise.race([once(worker, 'message', heard).then(([reports]) => reports), gone])
    } finally {
      heard.abort()
    }
  }
  const end = async (): Promise<void> => void (await thread?.worker.terminate())

  return {
    async verify(batch) {
      if (state === 'lost') return here(batch)
      try {
        return await there(batch)
      } catch (error) {
        if (state === 'closed') throw error
        state = 'lost'
        await end()
        process.emitWarning(`A thread that helps to verify cannot work: ${String(error)}`)
        return here(batch)
      }
    },
    async close() {
      state = 'closed'
      await end()
    },
  }
}
