import type { StoredEntry } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:ops' } as const
const job = defineLoop({
  id: 'job',
  states: ['OPEN', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'run',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      guards: [{ id: 'slowly', use: 'cooldown', with: { period: '1h' } }],
    },
    { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
    { id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'] },
  ],
})

/** Takes the transition `run` twice. Before the second time, the stored first execution is changed by hand. */
async function runAgain(
  change: (newest: StoredEntry, all: readonly StoredEntry[]) => StoredEntry | undefined,
) {
  const kept = createMemoryStore()
  const { engine } = await createLoopSystem({
    loops: [job],
    store: {
      ...kept,
      async lastExecuted(tenant, runId, id) {
        const newest = await kept.lastExecuted(tenant, runId, id)
        return newest && (change(newest, await kept.entries(tenant, runId)) ?? null)
      },
    },
    clock: createTestClock(),
    relay: false,
  })
  const target = { aggregateId: 'job-1', actor: agent }
  await engine.start({ ...target, loopId: 'job' })
  await engine.transition({ ...target, transitionId: 'note' })
  await engine.transition({ ...target, transitionId: 'run' })
  return engine.transition({ ...target, transitionId: 'run' })
}

test('a cooldown judges by the record, and not by the time beside it', async () => {
  expect(await runAgain((newest) => newest)).toMatchObject({ status: 'guard_failed' })
  // The time that stands beside the body is not what was recorded.
  expect(await runAgain((newest) => ({ ...newest, at: 0 }))).toMatchObject({
    status: 'guard_failed',
  })
})

test.each([
  ['the start', 0],
  ['the execution of another transition', 1],
])('%s is no execution to judge by', async (_, index) => {
  await expect(runAgain((__, all) => all[index])).rejects.toMatchObject({ code: 'corrupt' })
})

test('a cooldown does not pass because the body of the execution was changed', async () => {
  await expect(
    runAgain((newest) => ({ ...newest, body: newest.body.replace(/"at":\d+/, '"at":0') })),
  ).rejects.toMatchObject({ code: 'corrupt' })
})
