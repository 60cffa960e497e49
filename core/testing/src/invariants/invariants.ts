import {
  acknowledgedIsDurable,
  allOrNothing,
  deniedIsInert,
  unknownIsResolvable,
} from './atomicity.ts'
import {
  approvedIsWhatRuns,
  budgetsHold,
  failClosed,
  noSelfEscalation,
  revocationWins,
  separationOfDuties,
  singleUse,
} from './authority.ts'
import { fencing, honestConflict, linearizable, oneEffectPerKey } from './concurrency.ts'
import {
  authenticInbound,
  cursorNeverSkips,
  laneIsolation,
  noGhosts,
  noLoss,
  orderedDelivery,
} from './delivery.ts'
import { bounded, monotoneTime, noSecrets, tenantIsolation } from './isolation.ts'
import { observe } from './observe.ts'
import { attribution, determinism, fold, legality, pinnedDefinition } from './state-and-history.ts'
import { canonicalBytes, chain, erasable, keysValid, log, notRestored } from './tamper-evidence.ts'
import type { Checker, Violation, World } from './world.ts'

export interface Invariant {
  readonly number: number
  readonly name: string
  readonly check: Checker
}

/** The promises of the product, each with its number in the documents and the function that checks it. */
export const invariants: readonly Invariant[] = [
  { number: 1, name: 'Fold', check: fold },
  { number: 2, name: 'Legality', check: legality },
  { number: 3, name: 'Attribution', check: attribution },
  { number: 4, name: 'Determinism', check: determinism },
  { number: 5, name: 'Pinned definition', check: pinnedDefinition },
  { number: 6, name: 'All or nothing', check: allOrNothing },
  { number: 7, name: 'Acknowledged is durable', check: acknowledgedIsDurable },
  { number: 8, name: 'Unknown is resolvable', check: unknownIsResolvable },
  { number: 9, name: 'Denied is inert', check: deniedIsInert },
  { number: 10, name: 'Linearizable per instance', check: linearizable },
  { number: 11, name: 'Honest conflict', check: honestConflict },
  { number: 12, name: 'At most one effect per key', check: oneEffectPerKey },
  { number: 13, name: 'Fencing', check: fencing },
  { number: 14, name: 'What was approved is what runs', check: approvedIsWhatRuns },
  { number: 15, name: 'Single use', check: singleUse },
  { number: 16, name: 'Separation of duties', check: separationOfDuties },
  { number: 17, name: 'Revocation wins', check: revocationWins },
  { number: 18, name: 'No self-escalation', check: noSelfEscalation },
  { number: 19, name: 'Fail closed', check: failClosed },
  { number: 20, name: 'Budgets never overrun', check: budgetsHold },
  { number: 21, name: 'No loss', check: noLoss },
  { number: 22, name: 'No ghosts', check: noGhosts },
  { number: 23, name: 'Stable identity, ordered per instance', check: orderedDelivery },
  { number: 24, name: 'Lane isolation', check: laneIsolation },
  { number: 25, name: 'Cursor never skips', check: cursorNeverSkips },
  { number: 26, name: 'Inbound only if authentic', check: authenticInbound },
  { number: 27, name: 'Chain', check: chain },
  { number: 28, name: 'Log', check: log },
  { number: 29, name: 'Bytes', check: canonicalBytes },
  { number: 30, name: 'Erasable evidence', check: erasable },
  { number: 31, name: 'Keys', check: keysValid },
  { number: 32, name: 'Tenant isolation', check: tenantIsolation },
  { number: 33, name: 'Time', check: monotoneTime },
  { number: 34, name: 'Secrets', check: noSecrets },
  { number: 35, name: 'Bounded', check: bounded },
  { number: 36, name: 'Detectable tampering by operators', check: notRestored },
]

/** Reads everything that the store of a world holds, and returns every violation of a promise. */
export async function checkInvariants(world: World): Promise<readonly Violation[]> {
  const observed = await observe(world)
  return invariants.flatMap(({ number, check }) =>
    [...check(observed)].map((violation) => ({ invariant: number, ...violation })),
  )
}
