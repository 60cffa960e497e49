import type { LoopError } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import { isBusy, translate, translateCommit } from '../connection/sqlite-error.ts'

/** The only way to write. Callers at the same time share a transaction, and thus a sync of the disk. */
export interface Writer {
  /**
   * Runs `work` inside a transaction, and resolves once its changes are durable. If it throws, only its own changes are
   * undone. `work` must change nothing but the file, because it runs again if the work of another caller fails.
   */
  write<Result>(work: () => Result): Promise<Result>
  /** Resolves when nothing waits any more. */
  drain(): Promise<void>
}

interface Job {
  readonly work: () => unknown
  readonly waitingSince: number
  readonly resolve: (result: never) => void
  readonly reject: (error: LoopError) => void
}

type Outcome = { readonly done: unknown } | { readonly failed: LoopError }

/** Bounds how long one transaction keeps this thread, and other processes, waiting. */
const groupSize = 256

interface WriterOptions {
  readonly connection: Connection
  readonly busyTimeoutMs: number
  /** Called between transactions with the number of jobs that the last one did. */
  readonly afterCommit: (jobs: number) => void
}

export function createWriter({ connection, busyTimeoutMs, afterCommit }: WriterOptions): Writer {
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const commit = connection.prepare('COMMIT')
  const rollback = connection.prepare('ROLLBACK')
  const savepoint = connection.prepare('SAVEPOINT job')
  const release = connection.prepare('RELEASE job')
  const undo = connection.prepare('ROLLBACK TO job')
  let queue: Job[] = []
  let idle: (() => void)[] = []
  let isScheduled = false

  /** Lets callers of the same turn of the event loop join; waiting no longer than that costs a lone caller nothing. */
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(flush)
  }
  const flush = (): void => {
    isScheduled = false
    const jobs = queue.splice(0, groupSize)
    if (jobs.length > 0 && enter(jobs)) settle(jobs, runAll(jobs))
    if (queue.length > 0) return schedule()
    for (const resolve of idle.splice(0)) resolve()
  }
  /** Opens the transaction. While another process holds the lock, jobs are put back until their time is over. */
  const enter = (jobs: readonly Job[]): boolean => {
    try {
      connection.checkPlace()
      begin.run()
      return true
    } catch (error) {
      const oldest = isBusy(error) ? performance.now() - busyTimeoutMs : Infinity
      const isOver = ({ waitingSince }: Job): boolean => waitingSince <= oldest
      queue = [...jobs.filter((job) => !isOver(job)), ...queue]
      for (const job of jobs.filter(isOver)) job.reject(translate(error))
      return false
    }
  }
  const runAll = (jobs: readonly Job[]): readonly Outcome[] => {
    let outcomes: readonly Outcome[]
    try {
      outcomes = jobs.map(({ work }) => ({ done: work() }))
    } catch (error) {
      leave()
      return jobs.length === 1 ? failAll(jobs, translate(error)) : runApart(jobs)
    }
    return end(jobs, outcomes)
  }
  /** Runs all jobs again after one failed, each under a savepoint, which copies pages and is seldom needed. */
  const runApart = (jobs: readonly Job[]): readonly Outcome[] => {
    let outcomes: readonly Outcome[]
    try {
      begin.run()
      outcomes = jobs.map(runOne)
    } catch (error) {
      leave()
      return failAll(jobs, translate(error))
    }
    return end(jobs, outcomes)
  }
  const end = (jobs: readonly Job[], outcomes: readonly Outcome[]): readonly Outcome[] => {
    try {
      commit.run()
      return outcomes
    } catch (error) {
      leave()
      return failAll(jobs, translateCommit(error))
    }
  }
  const runOne = ({ work }: Job): Outcome => {
    savepoint.run()
    try {
      const done = work()
      release.run()
      return { done }
    } catch (error) {
      // A full disk, for one, has already rolled back everybody's work.
      if (!connection.isInTransaction()) throw error
      undo.run()
      release.run()
      return { failed: translate(error) }
    }
  }
  const leave = (): void => {
    try {
      if (connection.isInTransaction()) rollback.run()
    } catch {
      // The first error is reported; if a transaction is stuck, the next BEGIN says so.
    }
  }
  const settle = (jobs: readonly Job[], outcomes: readonly Outcome[]): void => {
    for (const [index, { resolve, reject }] of jobs.entries()) {
      const outcome = outcomes[index]
      if (outcome === undefined) continue
      if ('failed' in outcome) reject(outcome.failed)
      else resolve(outcome.done as never)
    }
    afterCommit(jobs.length)
  }

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        queue.push({ work, waitingSince: performance.now(), resolve, reject })
        schedule()
      }),
    drain: () =>
      new Promise((resolve) => {
        idle.push(resolve)
        schedule()
      }),
  }
}

function failAll(jobs: readonly Job[], failed: LoopError): readonly Outcome[] {
  return jobs.map(() => ({ failed }))
}
