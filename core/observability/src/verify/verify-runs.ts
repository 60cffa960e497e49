import type { LoopInstance, LoopStore } from '@loop-engine/core'

import { createVerifyBatch, type Batch, type VerifyBatch } from './verify-batch.ts'
import type { StoredRunReport } from './verify-stored-run.ts'
import { createVerifyThread, type VerifyThread } from './verify-thread.ts'

interface VerifyRunsOptions {
  readonly deep: boolean
  /** How many threads take part, this one included. */
  readonly threads: number
  /** Called for every run, in their order. */
  readonly onRun: (instance: LoopInstance, report: StoredRunReport) => void
}

/** Verifies runs on this thread, and on others when there are many entries and the store can be opened there too. */
export async function verifyRuns(
  store: LoopStore,
  runs: AsyncIterable<LoopInstance>,
  { deep, threads, onRun }: VerifyRunsOptions,
): Promise<void> {
  const batches = inBatches(runs)
  const finished = new Map<number, () => void>()
  let [taken, told] = [0, 0]

  const tell = (batch: Batch, reports: readonly StoredRunReport[]): void => {
    for (const [index, instance] of batch.entries()) {
      const report = reports[index]
      if (report) onRun(instance, report)
    }
  }
  const here = createVerifyBatch(store, deep)
  const { recipe } = store
  const helpers = recipe
    ? Array.from({ length: threads - 1 }, () => createVerifyThread(recipe, deep, here))
    : []
  const failed = new AbortController()
  const takePart = async (verify: VerifyBatch): Promise<void> => {
    for (;;) {
      const { value: batch } = await batches.next()
      if (!batch || failed.signal.aborted) return
      const place = taken++
      const reports = await verify(batch)
      if (failed.signal.aborted) return
      finished.set(place, () => tell(batch, reports))
      for (let next = finished.get(told); next; next = finished.get(told)) {
        next()
        finished.delete(told++)
      }
    }
  }
  // A failure ends the work of all, so that no work goes on when the caller hears of it.
  const part = async (verify: VerifyBatch): Promise<void> => {
    try {
      await takePart(verify)
    } catch (error) {
      failed.abort(error)
      await closeAll(helpers)
    }
  }
  await Promise.all([here, ...helpers.map(({ verify }) => verify)].map(part))
  await closeAll(helpers)
  failed.signal.throwIfAborted()
}

async function closeAll(helpers: readonly VerifyThread[]): Promise<void> {
  await Promise.all(helpers.map(async ({ close }) => close()))
}

/** Enough entries to be worth sending to a thread. */
const batchEntries = 4000

async function* inBatches(runs: AsyncIterable<LoopInstance>): AsyncGenerator<Batch, undefined> {
  let batch: LoopInstance[] = []
  let entries = 0
  for await (const run of runs) {
    batch.push(run)
    entries += run.version
    if (entries < batchEntries) continue
    yield batch
    batch = []
    entries = 0
  }
  if (batch.length > 0) yield batch
  return undefined
}
