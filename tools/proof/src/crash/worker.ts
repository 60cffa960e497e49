import { writeSync } from 'node:fs'

import { isLoopError, type LoopInstance } from '@loop-engine/core'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'

import { insist } from '../insist.ts'
import { agent, alice, bob, brokenGuard, proofLoop } from '../proof-loop.ts'
import { createCrashBank, onceLoop } from './once-loop.ts'
import { openStore } from './open-store.ts'
import { createStopping } from './stopping.ts'

/** The number of callers in one contending process. */
const callers = 8
/** The least number of rounds of each caller, however slow the machine: with fewer, no order could be shown. */
const leastRounds = 10

/**
 * A process that works until it is killed, and writes every acknowledgement to standard output. Arguments: the place of
 * the store, the path of the bank, the worker's name, a mode (`journeys`, `contend` or `zombie`), and the number of
 * journeys, seconds or stops.
 */
const [place = '', bankPath = '', name = 'w', mode = 'journeys', rounds = '1000000'] =
  process.argv.slice(2)

const stopping = createStopping(mode === 'zombie' ? Number(rounds) : 0)
const open = (): Promise<LoopSystem> =>
  createLoopSystem({
    loops: [proofLoop, onceLoop],
    store: stopping.store(openStore(place)),
    guards: [brokenGuard],
    integrations: [stopping.bank(createCrashBank(bankPath))],
    identity: { directory: () => ({ roles: ['finance'] }) },
    limits: {
      leaseMs: 500,
      pollMs: 20,
      backoffMs: { first: 5, longest: 50 },
      maxConflictRetries: 200,
    },
  })
const system = await patiently(open)
writeSync(1, 'ready\n')
if (mode === 'contend') {
  await Promise.all(Array.from({ length: callers }, (_, caller) => contend(system, caller)))
} else {
  const goesOn = (round: number): boolean =>
    mode === 'zombie' ? !stopping.isOver() : round < Number(rounds)
  for (let round = 0; goesOn(round); round++)
    await journey(system, `${name}-${process.pid}-${round}`)
}
await system.close()

/** Makes a payment that two people approve, and orders an effect that must not run twice. */
async function journey({ engine, approvals }: LoopSystem, id: string): Promise<void> {
  const begin = (loopId: string, aggregateId: string) =>
    patiently(() =>
      engine.start({ loopId, aggregateId, actor: agent, idempotencyKey: `start ${aggregateId}` }),
    )
  const move = (aggregateId: string, transitionId: string, evidence: object) =>
    patiently(() =>
      engine.transition({
        aggregateId,
        transitionId,
        actor: agent,
        evidence,
        idempotencyKey: `${transitionId} ${aggregateId}`,
      }),
    )
  acknowledge(await begin(proofLoop.id, id))
  acknowledge((await move(id, 'note', { sure: true, id })).instance)
  const asked = await move(id, 'pay', { amount: 7 })
  acknowledge(asked.instance)
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  for (const actor of [alice, bob]) {
    const decided = await patiently(() =>
      approvals.decide({ requestId, decision: 'approve', actor, idempotencyKey: `decide ${id}` }),
    )
    if (decided.status === 'executed') acknowledge(decided.transition.instance)
  }
  const once = `once-${id}`
  acknowledge(await begin(onceLoop.id, once))
  acknowledge((await move(once, 'fire', { id })).instance)
}

/** Lets one caller contend with all others for three runs; writes the answer of each call, with its times. */
async function contend({ engine }: LoopSystem, caller: number): Promise<void> {
  const aggregateId = `shared-${caller % 3}`
  await engine
    .start({ loopId: proofLoop.id, aggregateId, actor: agent })
    .catch((error: unknown) => {
      if (!isLoopError(error) || error.code !== 'already_exists') throw error
    })
  const isOver = (): boolean => performance.now() > Number(rounds) * 1000
  for (let round = 0; round < leastRounds || !isOver(); round++) {
    const invoked = process.hrtime.bigint()
    const note = {
      aggregateId,
      transitionId: 'note',
      actor: agent,
      evidence: { sure: true, name, round },
      idempotencyKey: `${name} ${caller} ${round}`,
    }
    const run =
      round % 3 === 0
        ? await patiently(() => engine.get({ aggregateId }))
        : (await patiently(() => engine.transition(note))).instance
    if (!run) throw new Error(`${aggregateId} is gone`)
    if (round % 3 > 0) acknowledge(run)
    const kind = round % 3 === 0 ? 'get' : 'transition'
    // The monotonic clock of the machine, which all processes share.
    const times = [invoked, process.hrtime.bigint()].map((time) => Number(time / 1000n))
    writeSync(1, `op ${kind} ${aggregateId} ${times.join(' ')} ${run.version} ${run.head}\n`)
  }
}

function acknowledge({ runId, version, head }: LoopInstance): void {
  writeSync(1, `ack ${runId} ${version} ${head}\n`)
}

/** Repeats a call with the same key, for as long as a server may be away. */
function patiently<T>(call: () => Promise<T>): Promise<T> {
  return insist(call, 200)
}
