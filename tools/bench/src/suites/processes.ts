import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

import { startPostgres } from '@loop-engine/testing'

import type { Figure, Suite } from '../figure.ts'
import { median } from '../measure.ts'

const callers = 16
const sizes = [1, 2, 4] as const

/**
 * Measures what more engine processes on one server bring. They help as long as they and the server find idle cores.
 */
export const processes: Suite = async ({ quick }) => {
  const { rounds, ms } = quick ? { rounds: 1, ms: 200 } : { rounds: 3, ms: 1500 }
  const server = await startPostgres({ private: true })
  const engines: ChildProcess[] = []
  try {
    const schema = server.schema()
    engines.push(...Array.from({ length: Math.max(...sizes) }, () => start(server.url, schema)))
    await Promise.all(engines.map(answerOf))
    const seen = new Map<number, number[]>(sizes.map((size) => [size, []]))
    // The first round only warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const size of round % 2 === 0 ? sizes : sizes.toReversed()) {
        const some = engines.slice(0, size)
        const each = await Promise.all(some.map(async (engine) => rateOf(engine, ms)))
        if (round > 0) seen.get(size)?.push(each.reduce((sum, rate) => sum + rate, 0))
      }
    }
    const rate = (size: number): number => median(seen.get(size) ?? [])
    return [2, 4].map((size): Figure => ({
      name: `${size} engine processes`,
      ours: rate(size),
      baseline: rate(1),
      unit: 'commits/s',
      against: 'one engine process on the same server',
      target: { none: true },
      conditions: `PostgreSQL on loopback, synchronous_commit=on; each process ${callers} callers over 3 connections`,
    }))
  } finally {
    for (const engine of engines) if (engine.connected) engine.disconnect()
    await server.stop()
  }
}

function start(url: string, schema: string): ChildProcess {
  return fork(join(import.meta.dirname, '../engine-process.ts'), [url, schema, `${callers}`])
}

async function rateOf(engine: ChildProcess, ms: number): Promise<number> {
  if (!engine.connected) throw new Error('An engine process is gone.')
  engine.send(ms)
  return Number(await answerOf(engine))
}

function answerOf(engine: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => {
      reject(new Error(`An engine process ended with ${code}.`))
    }
    engine.once('exit', gone)
    engine.once('message', (message) => {
      engine.off('exit', gone)
      resolve(message)
    })
  })
}
