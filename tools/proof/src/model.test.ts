import { verifyStore } from '@loop-engine/observability'
import { checkInvariants } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { commands, letGo, type Command } from './commands.ts'
import { createMortalSystem, type MortalSystem } from './mortal-system.ts'
import { bodiesOf } from './observe.ts'
import { createReferenceModel, type ReferenceModel } from './reference-model.ts'
import { pendingOf } from './reference-rules.ts'

/** How answers begin that the generator must reach, or the test proves nothing: every outcome, every reason to refuse. */
const wanted = [
  'started',
  'executed',
  'pending_approval',
  'guard_failed broken',
  'rejected stopped',
  'rejected final',
  'rejected suspended',
  'rejected limit_reached',
  'rejected unknown_transition',
  'rejected not_from_this_state',
  'rejected actor_type_not_allowed',
  'recorded',
  'refused not_a_person',
  'refused requester_cannot_decide',
  'refused already_voted',
  'refused already_decided',
  'refused expired',
  'refused superseded',
  'refused stopped',
  'refused not_entitled',
  'delegation recorded',
  'withdrawn cancelled',
  'withdrawn superseded',
  'nothing to decide',
  'may decide 0',
  'may decide 1',
  'may decide 2',
  'error key_mismatch',
  'error already_exists',
  'error stopped',
  'error refused',
  'error too_large',
  'suspended',
  'active',
  'cancelled',
  'failed',
  'erased',
  'migrated to 1',
  'migrated to 2',
  'delivered 1',
  'delivered 2',
  'died',
  'rotated',
  'logged',
]

const wantedAnywhere = [
  ' replayed at',
  'PAYING active',
  'PAYING suspended',
  'PAYING cancelled',
  'PAYING failed',
  'PAID completed',
  'FAILED failed',
  'CLOSED completed',
]

/** Everything is released, resumed and delivered: what was begun has an end to be judged by. */
const ending: readonly Command[] = [
  ...letGo,
  { do: 'advance', minutes: 1 },
  { do: 'relay' },
  { do: 'checkpoint' },
]

test(
  'for any list of commands the model predicts every answer, and no promise is broken',
  { timeout: 240_000 },
  async () => {
    const reached = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const model = createReferenceModel()
        const system = await createMortalSystem()
        const seen: string[] = []
        const foreseen: string[] = []
        for (const command of [...list, ...ending]) {
          const asked = JSON.stringify(command)
          seen.push(`${await system.carryOut(command)} | ${asked} | ${await stateOf(system)}`)
          foreseen.push(`${model.answer(command)} | ${asked} | ${stateIn(model)}`)
        }
        expect(seen).toEqual(foreseen)
        for (const line of seen) {
          const words = [
            ...wanted.filter((word) => line.startsWith(word)),
            ...wantedAnywhere.filter((word) => line.includes(word)),
          ]
          for (const word of words) reached.set(word, (reached.get(word) ?? 0) + 1)
        }
        const replay = list.length % 8 === 0 ? await replayOf(list) : undefined
        const world = await system.world()
        expect(await checkInvariants({ ...world, sequenced: true, replay })).toEqual([])
        for (const tenant of world.tenants) {
          const { first } = await verifyStore({
            store: world.store,
            tenant,
            deep: true,
            threads: 1,
          })
          expect(first).toBeNull()
        }
      }),
      { numRuns: 2000, seed: 20260101 },
    )
    expect([...wanted, ...wantedAnywhere].filter((word) => (reached.get(word) ?? 0) < 50)).toEqual(
      [],
    )
  },
)

/** What the same commands leave on record in a system of their own. */
async function replayOf(list: readonly Command[]): Promise<readonly string[]> {
  const system = await createMortalSystem()
  for (const command of [...list, ...ending]) await system.carryOut(command)
  return bodiesOf(await system.world())
}

/** What the product holds of both runs, and what was paid. */
async function stateOf(system: MortalSystem): Promise<string> {
  const runs = await Promise.all(['a', 'b'].map((id) => system.run(id)))
  const shapes = runs.map((run) =>
    run
      ? `${run.currentState} ${run.status} ${run.definition.version} ${run.version} ${run.stateVersion} ${run.openApprovals}`
      : 'none',
  )
  return [...shapes, ...Object.values(system.payments())].join(', ')
}

/** The same in the model. */
function stateIn(model: ReferenceModel): string {
  const shapes = ['a', 'b'].map((id) => {
    const run = model.run(id)
    return run
      ? `${run.state} ${run.status} ${run.definition} ${run.version} ${run.stateVersion} ${pendingOf(run).length}`
      : 'none'
  })
  return [...shapes, ...Object.values(model.payments())].join(', ')
}
