import { LoopError, type StoredEntry } from '@loop-engine/core'

import type { Digests } from './stored-bytes.ts'

/** Hashes pages of entries on a thread of its own, so that others are read and checked meanwhile. */
export interface PageHasher {
  hash(page: readonly StoredEntry[]): Promise<PageDigests>
  close(): Promise<void>
}

/** The digests of the entry at a place of the page. */
export type PageDigests = (index: number) => Digests

/** As `hashEntry` and `saltedDigest` do it. Plain text, because a bundler would lose a file of its own. */
const program = `
  const { hash } = require('node:crypto')
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', ({ bodies, salts, evidences }) => {
    const digests = []
    for (let index = 0; index < bodies.length; index++) {
      digests.push(hash('sha256', 'loop-engine/entry/v1\\n' + bodies[index], 'hex'))
      digests.push(hash('sha256', salts[index] + '\\n' + evidences[index], 'hex'))
    }
    parentPort.postMessage(digests.join(''))
  })
`

export function createPageHasher(): PageHasher {
  // Loaded late, because most programs never come here.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const worker = new Worker(program, { eval: true })
  let asked: { resolve(digests: PageDigests): void; reject(error: unknown): void }[] = []
  worker.on('message', (digests: string) => asked.shift()?.resolve(cut(digests)))
  worker.on('error', (cause) => {
    const error = new LoopError('unavailable', 'The thread that hashes entries died.', { cause })
    for (const { reject } of asked) reject(error)
    asked = []
  })

  return {
    hash: (page) =>
      new Promise((resolve, reject) => {
        asked.push({ resolve, reject })
        worker.postMessage({
          bodies: page.map(({ body }) => body),
          salts: page.map(({ salt }) => salt),
          evidences: page.map(({ evidence }) => evidence),
        })
      }),
    async close() {
      await worker.terminate()
    },
  }
}

/** Two digests an entry lie in hex, without a gap: of its body, and of its salted evidence. */
function cut(digests: string): PageDigests {
  return (index) => {
    const from = index * 128
    return {
      body: digests.slice(from, from + 64),
      evidence: digests.slice(from + 64, from + 128),
    }
  }
}
