import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

import type { Connection } from './connection.ts'

/** Moves the write-ahead log into the file, away from the thread that commits. */
export interface Checkpoints {
  /** Looks at the log's size, between transactions. */
  consider(): void
  close(): Promise<void>
}

/** From here on the worker copies pages. */
const softBytes = 4 * 1024 * 1024
/** From here on this thread copies what is left: nobody writes meanwhile, so that the log can start over. */
const hardBytes = 64 * 1024 * 1024
/** How many transactions pass between two looks. */
const interval = 64

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
    try {
      checkpoint.all()
    } catch {
      // Another process copies pages now, or the committing thread will report what is wrong.
    }
    parentPort.postMessage('done')
  })
`

export function createCheckpoints(connection: Connection, path: string): Checkpoints {
  connection.prepare('PRAGMA wal_autocheckpoint = 0').get()
  const checkpoint = connection.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  let worker: Worker | null = null
  let isBusy = false
  let commits = 0

  const start = (): Worker => {
    const started = new Worker(program, { eval: true, workerData: path })
    started.unref()
    started.on('message', () => {
      isBusy = false
    })
    // A worker that dies is replaced when the log has grown again.
    started.on('error', () => {})
    started.on('exit', () => {
      isBusy = false
      worker = null
    })
    return started
  }
  return {
    consider() {
      commits += 1
      if (commits % interval !== 0) return
      const bytes = walBytes(path)
      if (bytes > hardBytes) checkpoint.all()
      else if (bytes > softBytes && !isBusy) {
        isBusy = true
        worker ??= start()
        worker.postMessage('checkpoint')
      }
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

function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}
