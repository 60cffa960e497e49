import type { LoopStore } from '@loop-engine/core'
import { definitionDigest } from '@loop-engine/dsl'
import {
  createLoopSystem,
  type Limits,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import {
  createTestClock,
  createTestIdentifiers,
  type EffectRun,
  type TestClock,
  type World,
} from '@loop-engine/testing'

import { insist } from './insist.ts'
import {
  agent,
  alice,
  bob,
  brokenGuard,
  canary,
  createBank,
  dan,
  evidenceBytes,
  identityClassOf,
  nextProofLoop,
  proofLoop,
  secrets,
} from './proof-loop.ts'

export interface ProofSystem {
  readonly system: LoopSystem
  readonly clock: TestClock
  /** Every call to the bank. */
  readonly effects: readonly EffectRun[]
  readonly bank: ReturnType<typeof createBank>
}

/** Opens a system for proofs: the test controls time and ids, and nothing runs by itself. */
export async function openSystem(
  store: LoopStore,
  prefix = 'run',
  limits: Partial<Limits> = {},
  create: (options: LoopSystemOptions) => Promise<LoopSystem> = createLoopSystem,
): Promise<ProofSystem> {
  const effects: EffectRun[] = []
  const clock = createTestClock()
  const bank = createBank(effects)
  const system = await create({
    loops: [proofLoop],
    store,
    guards: [brokenGuard],
    integrations: [bank],
    clock,
    ids: createTestIdentifiers(prefix),
    elapsedUs: () => 0,
    relay: false,
    identity: {
      directory: (_, id) => ({
        roles: id === dan.id ? [] : ['finance'],
        identityClass: identityClassOf(id),
      }),
    },
    redaction: { patterns: secrets },
    limits: { backoffMs: { first: 1, longest: 1 }, maxEvidenceBytes: evidenceBytes, ...limits },
  })
  return { system, clock, effects, bank }
}

/** The world of a proof system, for the checkers of the invariants. */
export function worldOf(
  store: LoopStore,
  effects: readonly EffectRun[],
  tenants: readonly string[] = ['default'],
): World {
  return {
    store,
    tenants,
    definitions: new Map([proofLoop, nextProofLoop].map((loop) => [definitionDigest(loop), loop])),
    effects,
    agentIds: [agent.id],
    identityClassOf,
    brokenGuards: ['broken'],
    canaries: [canary],
    maxEvidenceBytes: evidenceBytes,
    budgets: tenants.map((tenant) => ({
      limit: 100,
      transitionId: 'spend',
      amountField: 'amount',
      tenant,
    })),
  }
}

/**
 * Takes a payment from its request to a completed run; it is approved in this process or another. Each step is repeated
 * with its key until it is answered.
 */
export async function pay(
  system: LoopSystem,
  aggregateId: string,
  advance: (ms: number) => void,
  { approvals }: LoopSystem = system,
): Promise<void> {
  await insist(() =>
    system.engine.start({
      loopId: proofLoop.id,
      aggregateId,
      actor: agent,
      idempotencyKey: `start ${aggregateId}`,
    }),
  )
  const asked = await insist(() =>
    system.engine.transition({
      aggregateId,
      transitionId: 'pay',
      actor: agent,
      evidence: { amount: 7 },
      idempotencyKey: `pay ${aggregateId}`,
    }),
  )
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  for (const actor of [alice, bob]) {
    await insist(() =>
      approvals.decide({
        requestId,
        decision: 'approve',
        actor,
        idempotencyKey: `approve ${aggregateId}`,
      }),
    )
  }
  for (let round = 0; round < 20; round++) {
    await insist(() => system.relay.drain())
    const run = await insist(() => system.engine.get({ aggregateId }))
    if (run?.status === 'completed') return
    advance(60_000)
  }
  throw new Error(`${aggregateId} was not paid`)
}
