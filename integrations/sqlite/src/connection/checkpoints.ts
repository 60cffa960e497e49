import type { Worker } from 'node:worker_threads'

import type { Connection, ConnectionOptions } from './connection.ts'

/** Moves the write-ahead log into the file, away from the thread that commits. */
export interface Checkpoints {
  /** Hears how much was done, between transactions. */
  consider(jobs: number): void
  close(): Promise<void>
}

/** After so many jobs the worker copies pages; one writes about ten. */
const jobsBetween = 256
/** With so many pages in the log (64 MiB) this thread copies what the worker left: nobody adds more meanwhile. */
const hardPages = 16_384

/** Plain text, because a bundler would lose a file of its own. */
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
 * With `power` each commit syncs the log, and that is cheap only while the log is short and written over and over:
 * SQLite copies pages itself then, every 1,000 of them.
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
      // The change is safe in the log. What is wrong with the file shows when it is read or written next.
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
    // A worker that dies is replaced when there is more to copy; what it left is copied here.
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
