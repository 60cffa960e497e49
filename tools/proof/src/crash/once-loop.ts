import { DatabaseSync } from 'node:sqlite'

import type { Integration } from '@loop-engine/core'
import { defineLoop } from '@loop-engine/sdk'

/** A loop with an at-most-once effect, which must never run twice. */
export const onceLoop = defineLoop({
  id: 'proof.once',
  states: [
    { id: 'READY' },
    { id: 'FIRING' },
    { id: 'FIRED', terminal: true },
    { id: 'MISFIRED', terminal: true, error: true },
  ],
  initialState: 'READY',
  transitions: [
    {
      id: 'fire',
      from: 'READY',
      to: 'FIRING',
      actors: ['ai-agent'],
      effect: {
        integration: 'bank',
        action: 'fire',
        semantics: 'at-most-once',
        onSuccess: 'fired',
        onFailure: 'misfired',
      },
    },
    { id: 'fired', from: 'FIRING', to: 'FIRED', actors: ['automation'] },
    { id: 'misfired', from: 'FIRING', to: 'MISFIRED', actors: ['automation'] },
  ],
})

export interface CrashBank extends Integration {
  /** How often all processes together called each action with each key. */
  calls(): readonly { readonly action: string; readonly key: string; readonly calls: number }[]
  /** The keys that were paid. The bank pays a key once, however often it is called. */
  paid(): ReadonlySet<string>
  close(): void
}

/** Creates the file of the bank, before several processes open it: changing its journal mode needs exclusive access. */
export function prepareCrashBank(path: string): void {
  const file = new DatabaseSync(path)
  file.exec('PRAGMA journal_mode = WAL')
  file.close()
}

/** A bank that keeps its calls in a file, which survives the processes that call it. */
export function createCrashBank(path: string): CrashBank {
  const file = new DatabaseSync(path)
  file.exec('PRAGMA busy_timeout = 20000; PRAGMA synchronous = NORMAL')
  file.exec(
    'CREATE TABLE IF NOT EXISTS call (action TEXT, key TEXT) STRICT; CREATE TABLE IF NOT EXISTS paid (key TEXT PRIMARY KEY) STRICT',
  )
  const call = file.prepare('INSERT INTO call VALUES (?, ?)')
  const pay = file.prepare('INSERT OR IGNORE INTO paid VALUES (?)')
  return {
    contract: 'integration/v1',
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value) => value },
        async run(_, { idempotencyKey }) {
          call.run('pay', idempotencyKey)
          pay.run(idempotencyKey)
          return { paid: true }
        },
      },
      fire: {
        input: { parse: (value) => value },
        async run(_, { idempotencyKey }) {
          call.run('fire', idempotencyKey)
          return { fired: true }
        },
      },
    },
    calls: () =>
      file
        .prepare('SELECT action, key, count(*) AS calls FROM call GROUP BY action, key')
        .all() as { action: string; key: string; calls: number }[],
    paid: () =>
      new Set(
        file
          .prepare('SELECT key FROM paid')
          .all()
          .map(({ key }) => String(key)),
      ),
    close: () => file.close(),
  }
}
