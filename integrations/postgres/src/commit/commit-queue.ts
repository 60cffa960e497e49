import { isLoopError, LoopError, type CommitPlan, type CommitResult } from '@loop-engine/core'

interface Waiting {
  readonly plan: CommitPlan
  readonly run: string
  /** The run and its counters, of which no two statements may hold one at the same time. */
  readonly keys: readonly string[]
  /** Whether the plan sets or clears stops, which takes an exclusive lock. */
  readonly alone: boolean
  resolve(result: CommitResult): void
  reject(error: unknown): void
}

interface CommitQueueOptions {
  readonly connections: number
  readonly maxBatch: number
  /** One outcome per plan, in order. */
  readonly send: (plans: readonly CommitPlan[]) => Promise<readonly (CommitResult | LoopError)[]>
}

interface CommitQueue {
  add(plan: CommitPlan): Promise<CommitResult>
  /** Refuses new plans and resolves when the last accepted one is answered. */
  close(): Promise<void>
}

/** Fewer plans than this are not worth a second statement. */
const smallBatch = 8

/**
 * Sends concurrent plans in few statements. A plan that comes alone is sent at once; plans that come while every connection
 * is busy share the next statement. Plans of one run keep their order and never share a statement.
 */
export function createCommitQueue({
  connections,
  maxBatch,
  send,
}: CommitQueueOptions): CommitQueue {
  let waiting: Waiting[] = []
  let sending = 0
  let scheduled = false
  let closing: (() => void) | null = null
  const busy = new Set<string>()

  const isFree = ({ keys }: Waiting): boolean => !keys.some((key) => busy.has(key))
  const take = (most: number): Waiting[] => {
    // Mostly only one plan waits, and needs no sorting.
    if (waiting.length === 1) return waiting.every(isFree) ? waiting.splice(0) : []
    const batch: Waiting[] = []
    const later: Waiting[] = []
    const held = new Set<string>()
    for (const item of waiting) {
      const fits = batch.length === 0 || (batch.length < most && !item.alone && !batch[0]?.alone)
      if (fits && isFree(item) && !item.keys.some((key) => held.has(key))) batch.push(item)
      else later.push(item)
      held.add(item.run)
    }
    waiting = later
    return batch.toSorted((one, other) => (one.run < other.run ? -1 : 1))
  }
  const flush = (): void => {
    scheduled = false
    while (sending < connections && waiting.length > 0) {
      // Two statements keep the server busy while one waits for the disk; more would only be smaller.
      const share = Math.ceil(waiting.length / Math.min(connections - sending, 2))
      const batch = take(Math.min(Math.max(share, smallBatch), maxBatch))
      if (batch.length === 0) return
      sending += 1
      for (const { keys } of batch) for (const key of keys) busy.add(key)
      void deliver(batch)
    }
    if (sending === 0 && waiting.length === 0) closing?.()
  }
  const deliver = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await send(batch.map(({ plan }) => plan))
      for (const [index, item] of batch.entries()) {
        const result = results[index]
        if (result === undefined || isLoopError(result)) item.reject(result)
        else item.resolve(result)
      }
    } catch (error) {
      for (const item of batch) item.reject(error)
    }
    for (const { keys } of batch) for (const key of keys) busy.delete(key)
    sending -= 1
    schedule()
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    // On the next tick, so that callers whose answers just came can join with their next plan.
    process.nextTick(flush)
  }

  return {
    add(plan) {
      if (closing !== null)
        return Promise.reject(new LoopError('closed', 'The postgres store was closed.'))
      return new Promise((resolve, reject) => {
        waiting.push({ plan, ...locksOf(plan), resolve, reject })
        schedule()
      })
    },
    close() {
      return new Promise((resolve) => {
        closing = resolve
        schedule()
      })
    },
  }
}

function locksOf({
  tenant,
  instance,
  reservations = [],
  stops,
}: CommitPlan): Pick<Waiting, 'run' | 'keys' | 'alone'> {
  // By business key, which orders changes of runs and starts of new ones alike, so that they cannot deadlock.
  const run = `${tenant}\n${instance.aggregateId}\n`
  const keys = [run, ...reservations.map(({ key, bucket }) => `${tenant}\n${bucket}\n${key}`)]
  return { run, keys, alone: stops !== undefined }
}
