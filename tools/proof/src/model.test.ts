import type { LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import { checkInvariants } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { carryOut, commands } from './commands.ts'
import { openSystem, worldOf } from './journey.ts'

/** What the generator must reach, or the test proves nothing. */
const wanted = [
  'executed',
  'pending_approval',
  'guard_failed',
  'rejected stopped',
  'rejected final',
  'rejected suspended',
  'rejected limit_reached',
  'replayed',
  'refused requester_cannot_decide',
  'refused already_voted',
  'refused expired',
  'refused superseded',
  'error key_mismatch',
  'error already_exists',
]

test(
  'whatever is done, in whatever order, no promise is broken',
  { timeout: 120_000 },
  async () => {
    const reached = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const store = createMemoryStore()
        const { system, clock, effects, bank } = await openSystem(store)
        let current = system
        let generation = 0
        for (const command of list) {
          if (command.do === 'restart')
            current = (await openAgain(store, clock.now(), ++generation)).system
          const answer = await carryOut(command, current, clock)
          for (const word of wanted)
            if (answer.includes(word)) reached.set(word, (reached.get(word) ?? 0) + 1)
        }
        expect(await checkInvariants({ ...worldOf(store, effects), effects: undefined })).toEqual(
          [],
        )
        expect(new Set(bank.paid.keys()).size).toBe(bank.paid.size)
      }),
      { numRuns: 2000, seed: 20260101 },
    )
    expect(wanted.filter((word) => (reached.get(word) ?? 0) < 20)).toEqual([])
  },
)

test('with every await in any order, no promise is broken', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(commands, fc.scheduler(), async (list, scheduler) => {
      const inner = createMemoryStore()
      const { system, clock, effects } = await scheduler.waitFor(
        openSystem(scheduled(inner, scheduler)),
      )
      await scheduler.waitFor(Promise.all(list.map((command) => carryOut(command, system, clock))))
      expect(await checkInvariants({ ...worldOf(inner, effects), effects: undefined })).toEqual([])
    }),
    { numRuns: 1000, seed: 20260102, endOnFailure: true },
  )
})

async function openAgain(store: LoopStore, now: number, generation: number) {
  const again = await openSystem(store, `again${generation}`)
  again.clock.advance(now - again.clock.now())
  return again
}

/** Every call of the store waits for the scheduler to let it go on. */
function scheduled(store: LoopStore, scheduler: fc.Scheduler): LoopStore {
  return new Proxy(store, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver)
      if (typeof method !== 'function' || name === 'open') return method
      return async (...args: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve(), String(name))
        const answer: unknown = await Reflect.apply(method, target, args)
        await scheduler.schedule(Promise.resolve(), `${String(name)} answered`)
        return answer
      }
    },
  })
}
