import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

test('two servers that make the file in the same instant both open it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = `
    const { workerData } = require('node:worker_threads')
    import(${JSON.stringify(join(import.meta.dirname, 'database.ts'))}).then(({ openDatabase }) => {
      for (let round = 1; round <= 40; round++) {
        Atomics.add(workerData.arrived, 0, 1)
        while (Atomics.load(workerData.arrived, 0) < round * 2);
        openDatabase(workerData.folder + '/' + round + '.db').close()
      }
    })`
  const arrived = new Int32Array(new SharedArrayBuffer(4))
  const execArgv = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']

  const ends = [1, 2].map(() => {
    const worker = new Worker(program, { eval: true, execArgv, workerData: { folder, arrived } })
    onTestFinished(async () => void (await worker.terminate()))
    return once(worker, 'exit')
  })

  expect(await Promise.all(ends)).toEqual([[0], [0]])
})
