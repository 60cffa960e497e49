import type { LoopStore } from '@loop-engine/core'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { checkInvariants, type Operation } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { carryOut } from './carry-out.ts'
import { commands, letGo, type Command } from './commands.ts'
import { createFaultyStore, type Fault } from './faulty-store.ts'
import { openSystem, worldOf } from './journey.ts'
import { recording } from './observe.ts'

/** Which calls of the store fail, counted from the first command on. A list of commands makes about 100 of them. */
const faults = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 100 }), fc.constantFrom<Fault>('before', 'after', 'hang')),
  { maxLength: 3 },
)

const clients = 4

/** What another process does when it takes over: nothing is held up any more, and all that is left is delivered, beyond every lease. */
const whatIsLeft: readonly Command[] = [
  ...letGo,
  { do: 'relay' },
  { do: 'advance', minutes: 1 },
  { do: 'relay' },
]

test(
  'no promise is broken when awaits resume in any order, and calls fail or hang',
  { timeout: 240_000 },
  async () => {
    // The full budget runs in .ci/run; every test run takes a part of it.
    const numRuns = Number(process.env['PROOF_SEEDS'] ?? 1000)
    const reached = { before: 0, after: 0, hang: 0, paid: 0, conflicts: 0 }
    await fc.assert(
      fc.asyncProperty(commands, faults, fc.scheduler(), async (list, fails, scheduler) => {
        const operations: Operation[] = []
        const inner = recording(createMemoryStore(), operations)
        const plan = new Map<number, Fault>()
        const faulty = createFaultyStore(scheduled(inner, scheduler), plan)
        const { system, clock, effects, bank } = await scheduler.waitFor(openSystem(faulty.store))
        const carry = (command: Command): Promise<string> => carryOut(command, system, clock)
        const [opening, rest] = [list.slice(0, 8), list.slice(8)]
        await scheduler.waitFor(inTurn(opening, carry))
        const opened = faulty.calls()
        for (const [call, fault] of fails) plan.set(opened + call, fault)

        const broken: unknown[] = []
        for (let client = 0; client < clients; client++) {
          const own = rest.filter((_, index) => index % clients === client)
          void inTurn(own, carry).catch((error: unknown) => broken.push(error))
        }
        await scheduler.waitIdle()

        const other = await openSystem(inner, 'other', {}, (options) =>
          createLoopSystem({ ...options, integrations: [bank] }),
        )
        const takeOver = async (): Promise<void> => {
          // The clients may have let time pass meanwhile, and what is due by their clock must be by this one.
          other.clock.advance(Math.max(0, clock.now() - other.clock.now()) + 60_000)
          for (const command of whatIsLeft) await carryOut(command, other.system, other.clock)
        }
        await takeOver()
        // What hung goes on as if nothing had happened; its leases are gone.
        faulty.wake()
        await scheduler.waitIdle()
        await takeOver()

        expect(broken).toEqual([])
        expect(await checkInvariants({ ...worldOf(inner, effects), operations })).toEqual([])
        for (const { fault } of faulty.fates()) reached[fault]++
        reached.paid += bank.paid.size
        reached.conflicts += operations.length
      }),
      { numRuns, seed: 20260102, endOnFailure: true },
    )
    // 50 of each in 500 runs, or the test proves nothing.
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(numRuns / 10)
  },
)

async function inTurn(
  list: readonly Command[],
  carry: (command: Command) => Promise<string>,
): Promise<void> {
  for (const command of list) await carry(command)
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
