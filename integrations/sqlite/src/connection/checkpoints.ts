import type { Worker } from 'node:worker_threads'

import type { Connection, ConnectionOptions } from './connection.ts'

/** Moves the write-ahead log into the file, away from the thread that commits. */
export interface Checkpoints {
  /** Called between transactions with the number of jobs that were done. */
  consider(jobs: number): void
  close(): Promise<void>
}

/** After so many jobs the worker copies pages; one writes about ten. */
const jobsBetween = 256
/** With this many pages in the log (64 MiB) the committing thread itself copies them, because nobody adds more meanwhile. */
const hardPages = 16_384

/** The program of the thread. Plain text, because a bundler would leave out a separate file. */
const program = `
  const { DatabaseSync } = require('node:sqlite')
  const { parentPort, workerData } = require('node:worker_threads')
  const db = new DatabaseSync(workerData)
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  parentPort.on('message', (message) => {
    if (message === 'close') {
      db.close()
      return parentPort.close()
    }
    let pages = 0
    try {
      pages = checkpoint.get().log
    } catch {
      // Another process copies pages now, or the committing thread will report what is wrong.
    }
    parentPort.postMessage(pages)
  })
`

/**
 * Copies pages on a worker thread with `process`. With `power` SQLite copies them itself, every 1,000 pages: each commit
 * syncs the log, which is cheap only while the log is short and overwritten again and again.
 */
export function createCheckpoints(
  connection: Connection,
  { durability }: Pick<ConnectionOptions, 'durability'>,
): Checkpoints {
  if (durability === 'power') return { consider() {}, async close() {} }
  connection.prepare('PRAGMA wal_autocheckpoint = 0').get()
  const checkpoint = connection.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  let worker: Worker | null = null
  let isCopying = false
  let pages = 0
  let jobs = 0

  const copyHere = (): void => {
    try {
      checkpoint.all()
    } catch {
      // The changes are safe in the log. If something is wrong with the file, the next read or write tells.
    }
  }
  const start = (): Worker => {
    // Most programs never come here, and loading threads takes longer than opening the file.
    const threads = process.getBuiltinModule('node:worker_threads')
    const started = new threads.Worker(program, { eval: true, workerData: connection.path })
    started.unref()
    started.on('message', (found: number) => {
      isCopying = false
      pages = found
    })
    // A dead worker is replaced when there is more to copy; this thread copies what it left.
    started.on('error', () => {
      pages = hardPages
    })
    started.on('exit', () => {
      isCopying = false
      worker = null
    })
    return started
  }
  return {
    consider(done) {
      jobs += done
      if (jobs < jobsBetween || isCopying) return
      jobs = 0
      if (pages >= hardPages) {
        pages = 0
        copyHere()
        return
      }
      try {
        worker ??= start()
      } catch {
        // No thread is to be had, as under Node's permissions.
        return copyHere()
      }
      isCopying = true
      worker.postMessage('copy')
    },
    async close() {
      if (worker === null) return
      const stopped = new Promise((resolve) => worker?.once('exit', resolve))
      worker.ref()
      worker.postMessage('close')
      await stopped
    },
  }
}
