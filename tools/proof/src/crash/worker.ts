import { writeSync } from 'node:fs'

import { isLoopError, type LoopInstance } from '@loop-engine/core'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'

import { agent, alice, bob, brokenGuard, proofLoop } from '../proof-loop.ts'
import { createCrashBank, onceLoop } from './once-loop.ts'
import { openStore } from './open-store.ts'

/**
 * A process that works until it is killed, and says on standard output what it was told is done.
 * Arguments: place of the store, path of the bank, its own name, `journeys` or `contend`, rounds.
 */
const [place = '', bankPath = '', name = 'w', mode = 'journeys', rounds = '1000000'] =
  process.argv.slice(2)

const open = (): Promise<LoopSystem> =>
  createLoopSystem({
    loops: [proofLoop, onceLoop],
    store: openStore(place),
    guards: [brokenGuard],
    integrations: [createCrashBank(bankPath)],
    identity: { directory: () => ({ roles: ['finance'] }) },
    limits: {
      leaseMs: 500,
      pollMs: 20,
      backoffMs: { first: 5, longest: 50 },
      conflictRetries: 200,
    },
  })
const system = await insist(open)
writeSync(1, 'ready\n')
for (let round = 0; round < Number(rounds); round++) {
  if (mode === 'contend') await contend(system, round)
  else await journey(system, `${name}-${process.pid}-${round}`)
}
await system.close()

async function journey({ engine, approvals }: LoopSystem, id: string): Promise<void> {
  acknowledge(
    await insist(() =>
      engine.start({
        loopId: proofLoop.id,
        aggregateId: id,
        actor: agent,
        idempotencyKey: `start ${id}`,
      }),
    ),
  )
  const note = {
    aggregateId: id,
    transitionId: 'note',
    actor: agent,
    evidence: { sure: true, id },
    idempotencyKey: `note ${id}`,
  }
  acknowledge((await insist(() => engine.transition(note))).instance)
  const asked = await insist(() =>
    engine.transition({
      aggregateId: id,
      transitionId: 'pay',
      actor: agent,
      evidence: { amount: 7 },
      idempotencyKey: `pay ${id}`,
    }),
  )
  acknowledge(asked.instance)
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  for (const actor of [alice, bob]) {
    const decided = await insist(() =>
      approvals.decide({ requestId, decision: 'approve', actor, idempotencyKey: `decide ${id}` }),
    )
    if (decided.status === 'executed') acknowledge(decided.transition.instance)
  }
  const once = `once-${id}`
  acknowledge(
    await insist(() =>
      engine.start({
        loopId: onceLoop.id,
        aggregateId: once,
        actor: agent,
        idempotencyKey: `start ${once}`,
      }),
    ),
  )
  acknowledge(
    (
      await insist(() =>
        engine.transition({
          aggregateId: once,
          transitionId: 'fire',
          actor: agent,
          evidence: { id },
          idempotencyKey: `fire ${once}`,
        }),
      )
    ).instance,
  )
}

async function contend({ engine }: LoopSystem, round: number): Promise<void> {
  const aggregateId = `shared-${round % 3}`
  await engine
    .start({ loopId: proofLoop.id, aggregateId, actor: agent })
    .catch((error: unknown) => {
      if (!isLoopError(error) || error.code !== 'already_exists') throw error
    })
  const result = await insist(() =>
    engine.transition({
      aggregateId,
      transitionId: 'note',
      actor: agent,
      evidence: { sure: true, name, round },
      idempotencyKey: `${name} ${round}`,
    }),
  )
  acknowledge(result.instance)
}

function acknowledge({ runId, version, head }: LoopInstance): void {
  writeSync(1, `ack ${runId} ${version} ${head}\n`)
}

/** What a client does when it does not know: it asks again with the same key. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (tries > 200 || !isLoopError(error) || !error.retryable) throw error
    }
  }
}
