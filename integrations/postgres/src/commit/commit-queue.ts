import { isLoopError, LoopError, type CommitPlan, type CommitResult } from '@loop-engine/core'

interface Waiting {
  readonly plan: CommitPlan
  readonly run: string
  /** What no other statement may hold at the same time: the run and its counters. */
  readonly keys: readonly string[]
  /** Stops are set under a lock that nobody shares. */
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

/** Fewer callers than this are not worth a second statement. */
const smallBatch = 8

/**
 * Turns concurrent callers into few statements. Whoever comes alone is sent at once; those who come while every
 * connection is busy share the next statement. Plans of one run keep their order and never share a statement.
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
    // Mostly one waits, and needs no place among others.
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
    // Not before the callers whose answers just came have asked again; not later than that either.
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
  // By business key: it orders runs and the claims of new runs to a key alike, so that nobody deadlocks.
  const run = `${tenant}\n${instance.aggregateId}\n`
  const keys = [run, ...reservations.map(({ key, bucket }) => `${tenant}\n${bucket}\n${key}`)]
  return { run, keys, alone: stops !== undefined }
}
