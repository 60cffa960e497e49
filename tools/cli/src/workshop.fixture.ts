import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import {
  createLoopSystem,
  defineLoop,
  LoopError,
  type Integration,
  type LoopSystem,
} from '@loop-engine/sdk'

const refund = defineLoop({
  id: 'refund',
  version: '1.0.0',
  states: [{ id: 'REQUESTED' }, { id: 'PAYING' }, { id: 'PAID', terminal: true }],
  initialState: 'REQUESTED',
  transitions: [
    {
      id: 'pay',
      from: 'REQUESTED',
      to: 'PAYING',
      actors: ['ai-agent'],
      risk: 'high',
      approval: { reviewers: ['role:finance', 'group:treasury'], expiresIn: '2h' },
      effect: { integration: 'bank', action: 'pay', semantics: 'idempotent', onSuccess: 'paid' },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
  ],
})

const brokenBank: Integration = {
  contract: 'integration/v1',
  name: 'bank',
  actions: {
    pay: {
      input: { parse: (value) => value },
      run: async () => {
        throw new LoopError('bad_response', 'The bank does not know the account.')
      },
    },
  },
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder with a database, and the real command to run in it. */
export interface TestWorkshop {
  readonly folder: string
  readonly db: string
  /** Works on the database as an application whose bank is broken, `agoMs` in the past. */
  prepare(work: (system: LoopSystem) => Promise<void>, agoMs?: number): Promise<void>
  loop(...args: string[]): Promise<Ran>
  remove(): void
}

export function createTestWorkshop(): TestWorkshop {
  const folder = mkdtempSync(join(tmpdir(), 'loop-cli-'))
  const db = join(folder, 'loop.db')
  return {
    folder,
    db,
    async prepare(work, agoMs = 0) {
      const store = createSqliteStore({ path: db })
      const system = await createLoopSystem({
        loops: [refund],
        store,
        integrations: [brokenBank],
        relay: false,
        ...(agoMs > 0 && {
          clock: { now: () => Date.now() - agoMs, sleep: async () => undefined },
        }),
      })
      await work(system)
      await system.close()
    },
    loop: (...args) => run(folder, args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Asks for a payment of each order; each then waits for finance. */
export async function requestPayment({ engine }: LoopSystem, ...orders: string[]): Promise<void> {
  const actor = { type: 'ai-agent', id: 'agent:refunds' } as const
  for (const aggregateId of orders) {
    await engine.start({ loopId: 'refund', aggregateId, actor })
    await engine.transition({
      aggregateId,
      signal: 'pay',
      actor,
      evidence: { amount: 250, note: 'arrived broken' },
    })
  }
}

/** The arguments with which Node runs the command line from its sources. */
export const command: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--conditions=@loop-engine/source',
  join(import.meta.dirname, 'main.ts'),
]

/** Holds nothing of the person who runs the tests. The cache spares each process compiling the sources again. */
export const environment = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
} as const

function run(cwd: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...command, ...args],
      { cwd, env: { ...environment, NO_COLOR: '1' } },
      (_, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
}
