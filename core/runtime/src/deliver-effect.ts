import {
  canonicalize,
  isLoopError,
  LoopError,
  openEntry,
  parseDuration,
  sha256Hex,
  type Action,
  type Actor,
  type EffectSpec,
  type EntryDraft,
  type EntryType,
  type JsonValue,
  type LedgerEntry,
  type LoopInstance,
  type OutboxClaim,
  type Receipt,
  type StoredEntry,
} from '@loop-engine/core'

import { askedPause } from './asked-pause.ts'
import { createChange, type PlanRest } from './change.ts'
import { withDeadline } from './deadline.ts'
import type { Refusal } from './decide.ts'
import type { Delivery } from './delivery.ts'
import { draftOf } from './draft.ts'
import { takeEvidence, type Evidence } from './evidence.ts'
import { takeFollowUp } from './follow-up.ts'
import { holdOf } from './hold.ts'
import { commitChange, scopesOf, type Kernel } from './kernel.ts'
import { newestFirst } from './newest-first.ts'
import { refusedBy } from './refused-by.ts'
import { rulesOf } from './rules.ts'
import { unregistered } from './unregistered.ts'

/** The order to act, as it was committed. */
interface EffectJob {
  readonly claim: OutboxClaim
  readonly stored: StoredEntry
  readonly entry: LedgerEntry
  readonly effect: NonNullable<LedgerEntry['effect']>
  readonly spec: EffectSpec
  readonly actor: Actor
}

type Ending = {
  readonly type: EntryType
  readonly evidence: Evidence
  readonly reason?: string
  readonly followUp?: string
}

/**
 * Runs one effect: spends its receipt in a commit of its own, acts, and commits the report together with the
 * transition that follows. A crash between the two leaves the receipt spent: an idempotent effect then runs again
 * under the same key, an at-most-once effect is recorded as unknown and never runs again.
 */
export async function deliverEffect(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  const job = await openJob(kernel, claim)
  const begun = await begin(kernel, job)
  if (begun.kind !== 'run') return begun
  const outcome = await act(kernel, job, begun.action)
  if (outcome.kind === 'again') {
    const { error, notBeforeMs } = outcome
    return { kind: 'retry', error, notBeforeMs, isCounted: true }
  }
  if (
    outcome.ending.type === 'loop.effect.failed' &&
    outcome.ending.followUp === undefined &&
    outcome.mayRepeat
  ) {
    await report(kernel, job, outcome.ending, { settle: false })
    return { kind: 'dead', error: `failed: ${outcome.ending.reason ?? 'effect'}` }
  }
  await report(kernel, job, outcome.ending, { settle: true })
  return { kind: 'settled' }
}

async function openJob(kernel: Kernel, claim: OutboxClaim): Promise<EffectJob> {
  const [stored] = await kernel.store.entries(claim.tenant, claim.runId, {
    from: claim.seq,
    to: claim.seq,
  })
  if (!stored) throw new LoopError('corrupt', 'The entry behind an effect is gone.')
  const entry = openEntry(stored)
  if (!entry.effect || stored.type !== 'loop.transition.executed')
    throw new LoopError('corrupt', 'The entry behind an effect orders none.')
  if (sha256Hex(claim.payload) !== entry.effect.inputDigest)
    throw new LoopError('corrupt', 'The input of an effect is not what was committed.')
  const loop = await kernel.loops.pinned(entry.definition)
  const spec = loop.transitions.get(entry.transitionId ?? '')?.effect
  if (!spec) throw new LoopError('corrupt', 'The definition behind an effect orders none.')
  return {
    claim,
    stored,
    entry,
    effect: entry.effect,
    spec,
    actor: Object.freeze({ type: 'automation', id: `integration:${entry.effect.integration}` }),
  }
}

/** Spends the receipt, or finds out what an earlier delivery left behind. */
async function begin(
  kernel: Kernel,
  job: EffectJob,
): Promise<{ readonly kind: 'run'; readonly action: Action } | Delivery> {
  const { claim, stored, entry, effect } = job
  const action = kernel.integrations.get(effect.integration)?.actions[effect.action]
  const spentBy = await kernel.store.spentBy(claim.tenant, stored.hash)
  if (spentBy !== null && spentBy !== claim.id)
    return { kind: 'dead', error: 'refused: The receipt was spent elsewhere.' }
  if (spentBy !== null && effect.semantics === 'at-most-once') {
    await report(
      kernel,
      job,
      { type: 'loop.effect.unknown', evidence: nothing(kernel), reason: 'interrupted' },
      { settle: true },
    )
    return { kind: 'settled' }
  }
  // One more than the attempts that may fail: a crash is no failure. But what ends each process that tries must stop.
  if (spentBy !== null && (await hasBegun(kernel, job, attemptsOf(kernel, job) + 1))) {
    await report(
      kernel,
      job,
      { type: 'loop.effect.unknown', evidence: nothing(kernel), reason: 'interrupted' },
      { settle: false },
    )
    return { kind: 'dead', error: 'interrupted: No attempt came to its end.' }
  }
  if (spentBy === null && kernel.clock.now() >= (entry.receiptExpiresAt ?? 0)) {
    await report(
      kernel,
      job,
      {
        type: 'loop.effect.failed',
        evidence: nothing(kernel),
        reason: 'receipt_expired',
        ...(job.spec.onFailure && { followUp: job.spec.onFailure }),
      },
      { settle: true },
    )
    return { kind: 'settled' }
  }
  const refusal = await write(kernel, job, async (instance, change) => {
    const hold = await holdOf(kernel, instance)
    if (hold) return hold
    // Before the receipt is spent: a process that has the integration can still act.
    if (!action) return 'unregistered'
    change.append({
      ...effectDraft(kernel, job, instance, 'loop.effect.started'),
      receipt: stored.hash,
    })
    return {
      scopes: scopesOf(instance, entry.actor),
      fence: { id: claim.id, fence: claim.fence },
      ...(spentBy === null && { spend: { receipt: stored.hash, by: claim.id } }),
    }
  })
  if (action && refusal === null) return { kind: 'run', action }
  if (refusal === 'unregistered') return unregistered(kernel, 'integration', effect.integration)
  if (refusal === 'stopped')
    return { kind: 'retry', error: 'stopped: A stop is in force.', afterMs: 1000 }
  if (refusal === 'suspended')
    return { kind: 'retry', error: 'suspended: The run is suspended.', afterMs: 1000 }
  if (refusal === 'run_cancelled' || refusal === 'run_failed') {
    // An attempt that was begun may have acted, and nobody will ask again.
    const type = spentBy === null ? 'loop.effect.failed' : 'loop.effect.unknown'
    await report(
      kernel,
      job,
      { type, evidence: nothing(kernel), reason: refusal },
      { settle: true },
    )
    return { kind: 'settled' }
  }
  return { kind: 'dead', error: `refused: ${refusal}` }
}

type Acted =
  | {
      readonly kind: 'ended'
      readonly ending: Ending
      /** Whether a person may have it run again. */
      readonly mayRepeat: boolean
    }
  | { readonly kind: 'again'; readonly error: string; readonly notBeforeMs: number }

async function act(kernel: Kernel, job: EffectJob, action: Action): Promise<Acted> {
  const { claim, effect, spec } = job
  const limitMs = spec.timeout ? parseDuration(spec.timeout) : kernel.limits.effectTimeoutMs
  try {
    const input = readInput(action, claim.payload)
    const output = await withDeadline(kernel.clock, limitMs, async (signal) =>
      action.run(input, {
        receipt: receiptOf(job),
        idempotencyKey: claim.id,
        attempt: claim.attempt,
        signal,
      }),
    )
    return {
      kind: 'ended',
      mayRepeat: false,
      ending: {
        type: 'loop.effect.succeeded',
        evidence: outputOf(kernel, output),
        ...(spec.onSuccess && { followUp: spec.onSuccess }),
      },
    }
  } catch (error) {
    return failed(kernel, job, error, effect.semantics === 'idempotent')
  }
}

/** Input that an action does not accept will not be accepted next time either. */
function readInput(action: Action, payload: string): unknown {
  try {
    return action.input.parse(JSON.parse(payload))
  } catch (cause) {
    throw new LoopError('invalid_input', 'The action does not accept the input of the effect.', {
      cause,
    })
  }
}

async function failed(
  kernel: Kernel,
  job: EffectJob,
  error: unknown,
  idempotent: boolean,
): Promise<Acted> {
  const { claim, spec } = job
  const known = isLoopError(error) ? error : undefined
  const reason = known?.code ?? 'threw'
  if (!idempotent && known?.code === 'timeout') {
    return {
      kind: 'ended',
      mayRepeat: false,
      ending: { type: 'loop.effect.unknown', evidence: nothing(kernel), reason },
    }
  }
  // An unknown error of an idempotent effect may pass; one that says it is not retryable will not.
  const mayPass = idempotent && (known === undefined || known.retryable)
  if (mayPass && !(await hasBegun(kernel, job, attemptsOf(kernel, job))))
    return {
      kind: 'again',
      error: `${reason}: attempt ${claim.attempt} failed`,
      notBeforeMs: askedPause(error),
    }
  return {
    kind: 'ended',
    mayRepeat: idempotent,
    ending: {
      type: 'loop.effect.failed',
      evidence: nothing(kernel),
      reason,
      ...(spec.onFailure && { followUp: spec.onFailure }),
    },
  }
}

/** How often an idempotent effect may begin. */
function attemptsOf({ limits }: Kernel, { spec }: EffectJob): number {
  return spec.maxAttempts ?? limits.maxAttempts
}

/**
 * Whether the effect has begun so often since it was ordered, or given up before. Deliveries that a stop or a suspension
 * held up are no attempts: of those the record knows.
 */
async function hasBegun(
  kernel: Kernel,
  { claim, stored }: EffectJob,
  times: number,
): Promise<boolean> {
  if (claim.attempt < times) return false
  const run = await kernel.store.getRun(claim.tenant, claim.runId)
  if (!run) throw new LoopError('corrupt', 'The run of an effect is gone.')
  let begun = 0
  for await (const entry of newestFirst(kernel.store, run, claim.seq)) {
    if (!isAttempt.has(entry.type) || openEntry(entry).receipt !== stored.hash) continue
    if (entry.type !== 'loop.effect.started') break
    begun += 1
    if (begun >= times) return true
  }
  return false
}

/** An attempt, or what ends a row of them. */
const isAttempt = new Set<EntryType>([
  'loop.effect.started',
  'loop.effect.failed',
  'loop.effect.unknown',
])

/** Records how the effect ended, and the transition that follows, in one commit that also ends the delivery. */
async function report(
  kernel: Kernel,
  job: EffectJob,
  { type, evidence, reason, followUp }: Ending,
  { settle }: { settle: boolean },
): Promise<void> {
  const { claim, actor } = job
  const lease = { id: claim.id, fence: claim.fence }
  const refused = await write(kernel, job, async (instance, change, refusal) => {
    change.append(
      {
        ...effectDraft(kernel, job, instance, type),
        receipt: job.stored.hash,
        ...(reason !== undefined && { reason }),
        ...(evidence.digest && { evidence: evidence.digest }),
      },
      evidence.sealed,
    )
    const now = change.instance ?? instance
    // Of a run that is suspended it is taken when the run is resumed.
    const reservations =
      followUp !== undefined && now.status === 'active'
        ? await takeFollowUp(kernel, change, now, {
            transitionId: followUp,
            actor,
            evidence,
            refusal,
          })
        : []
    // What was done is recorded even under a stop; the stop holds up the next effect.
    return {
      scopes: [],
      ...(settle ? { settle: lease } : { fence: lease }),
      ...(reservations.length > 0 && { reservations }),
    }
  })
  if (refused !== null)
    throw new LoopError('refused', 'The report of an effect was refused.', {
      retryable: true,
      details: { reason: refused },
    })
}

/**
 * Commits one change about the run of a job; returns why it was refused, by the store or by `build`, or null. Throws
 * `fenced` when the lease was lost. What would overrun a limit is built again, without what follows: the report stays.
 */
async function write(
  kernel: Kernel,
  { claim }: EffectJob,
  build: (
    instance: LoopInstance,
    change: ReturnType<typeof createChange>,
    refusal?: Refusal,
  ) => Promise<PlanRest | string>,
): Promise<string | null> {
  return kernel.runs.exclusive(claim.tenant, claim.aggregateId, async () => {
    let late: Refusal | undefined
    for (let attempts = 0; attempts <= kernel.limits.conflictRetries; attempts++) {
      const instance = await kernel.store.getRun(claim.tenant, claim.runId)
      if (!instance) throw new LoopError('corrupt', 'The run of an effect is gone.')
      const change = createChange(instance)
      const rest = await build(instance, change, late)
      if (typeof rest === 'string') return rest
      const outcome = await commitChange(kernel, change, rest)
      if (outcome.kind === 'committed') return null
      if (outcome.kind === 'refused' && outcome.reason === 'fenced')
        throw new LoopError('fenced', 'The lease was lost to another worker.')
      if (outcome.kind === 'refused' && outcome.reason !== 'limit') return outcome.reason
      if (outcome.kind === 'refused') late = refusedBy(outcome.reason)
    }
    throw new LoopError('conflict', 'The run kept moving while an effect was recorded.', {
      retryable: true,
    })
  })
}

function effectDraft(
  kernel: Kernel,
  { entry, effect, claim, actor }: EffectJob,
  instance: LoopInstance,
  type: EntryType,
): EntryDraft {
  return {
    ...draftOf(kernel, instance, actor),
    type,
    ...(entry.transitionId !== undefined && { transitionId: entry.transitionId }),
    ...(entry.actionDigest !== undefined && { actionDigest: entry.actionDigest }),
    effect: { ...effect, attempt: claim.attempt },
  }
}

function receiptOf({ stored, entry }: EffectJob): Receipt {
  return {
    tenant: entry.tenant,
    runId: entry.runId,
    aggregateId: entry.aggregateId,
    seq: entry.seq,
    entry: stored.hash,
    transitionId: entry.transitionId ?? '',
    ...(entry.actionDigest !== undefined && { actionDigest: entry.actionDigest }),
    expiresAt: entry.receiptExpiresAt ?? 0,
  }
}

function nothing(kernel: Kernel): Evidence {
  return takeEvidence(undefined, rulesOf(kernel))
}

/** What an action returned; something that cannot be recorded does not undo what was done. */
function outputOf(kernel: Kernel, output: JsonValue | void): Evidence {
  if (output === undefined || output === null) return nothing(kernel)
  try {
    canonicalize(output)
    return takeEvidence(
      typeof output === 'object' && !Array.isArray(output) ? output : { result: output },
      rulesOf(kernel),
    )
  } catch {
    return takeEvidence({ unrecordable: true }, rulesOf(kernel))
  }
}
