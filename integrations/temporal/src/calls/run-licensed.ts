import {
  isLoopError,
  snapshot,
  type JsonObject,
  type JsonValue,
  type TransitionResult,
} from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'
import { CompleteAsyncError, Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'

import { denied, mayPass, stopped, unknownOutcome } from '../refusals.ts'
import type { CallRecord } from './call-record.ts'

/** A call that the engine permits, and how to run and report it. */
export interface LicensedCall {
  readonly name: string
  readonly aggregateId: string
  readonly loopId: string
  readonly idempotent: boolean
  readonly engine: LoopEngine
  run(input: JsonValue): Promise<unknown>
  step(transitionId: string, evidence?: JsonObject): Promise<TransitionResult>
}

type Licence = NonNullable<CallRecord['licence']>

const reportAttempts = 3

/** Spends the receipt, runs the activity and records how it ended. It runs only once the spending is committed. */
export async function runLicensed(
  call: LicensedCall,
  record: Pick<CallRecord, 'begun' | 'licence'>,
): Promise<unknown> {
  const licence = record.begun
    ? await again(call, record.licence?.evidence ?? null)
    : record.licence
  const { name, aggregateId, loopId, engine } = call
  if (!licence?.evidence) throw denied(name, { aggregateId, reason: 'erased' })
  const input = licence.evidence['input'] ?? null
  let began = false
  const { transitionId } = licence.receipt
  const seal = { loopId, transitionId, name: `activity:${name}` }
  const sealed = engine.seal(seal, async (_: JsonObject) => {
    began = true
    // A copy, because the recorded input is frozen and an activity may change its input.
    return call.run(structuredClone(input) as JsonValue)
  })
  let output: unknown
  try {
    output = await sealed(licence.receipt, licence.evidence)
  } catch (error) {
    if (began) return failed(call, error)
    throw await sealRefused(call, error)
  }
  await report(call, 'succeed', outputOf(output))
  return output
}

/**
 * A new licence after an earlier attempt that began and did not report: its worker died, or it failed and is
 * idempotent.
 */
async function again(call: LicensedCall, evidence: JsonObject | null): Promise<Licence> {
  const { name, aggregateId } = call
  if (!call.idempotent) {
    await report(call, 'lose', { reason: 'interrupted' })
    throw unknownOutcome(name, { aggregateId, reason: 'interrupted' })
  }
  const result = await call.step('retry', evidence ?? {})
  if (result.status === 'executed') return { receipt: result.receipt, evidence }
  if (result.status === 'rejected' && result.reason === 'stopped') throw stopped(name, aggregateId)
  throw denied(name, { aggregateId, reason: 'reason' in result ? result.reason : result.status })
}

/**
 * Reports a failed run. Only an idempotent call is tried again; otherwise the failure is final, whatever the retry
 * policy.
 */
async function failed(call: LicensedCall, error: unknown): Promise<never> {
  const { cancellationSignal, cancellationDetails } = Context.current()
  const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true
  const isElsewhere = error instanceof CompleteAsyncError
  // A stopping worker or a time limit does not end a call, because Temporal tries again; a cancelled workflow does.
  const isOver = isFinal || isElsewhere || cancellationDetails?.cancelRequested === true
  if (call.idempotent && !isOver) throw error
  const isCut = error instanceof CancelledFailure || cancellationSignal.aborted
  if (isElsewhere || (isCut && !isFinal)) {
    // Cut off, or completed elsewhere: the effect may have happened, and nobody will report it to the ledger.
    await report(call, 'lose', { reason: nameOf(error) })
    throw error
  }
  const { type, message } = described(error)
  await report(call, 'fail', { reason: 'threw', type })
  throw ApplicationFailure.create({
    message,
    type,
    nonRetryable: true,
    ...(error instanceof ApplicationFailure && error.details && { details: error.details }),
    ...(error instanceof Error && { cause: error }),
  })
}

function described(error: unknown): { readonly type: string; readonly message: string } {
  if (error instanceof ApplicationFailure)
    return { type: error.type ?? 'Error', message: error.message }
  return error instanceof Error
    ? { type: error.name, message: error.message }
    : { type: 'Error', message: String(error) }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}

/** Records how a call ended. The activity has run already, so a store that fails for a moment is asked again. */
async function report(
  call: LicensedCall,
  transitionId: string,
  evidence: JsonObject,
): Promise<void> {
  let lost: unknown
  for (let attempt = 1; attempt <= reportAttempts; attempt++) {
    try {
      await call.step(transitionId, evidence)
      return
    } catch (error) {
      const code = isLoopError(error) ? error.code : undefined
      if (code === 'too_large' || code === 'invalid_json')
        return report(call, transitionId, { unrecordable: true })
      lost = error
    }
  }
  const { name, aggregateId, idempotent } = call
  const code = isLoopError(lost) ? lost.code : 'threw'
  const passes = !isLoopError(lost) || mayPass(lost)
  if (!idempotent || !passes) throw unknownOutcome(name, { aggregateId, reason: 'not_recorded' })
  throw ApplicationFailure.retryable(
    `${name} ran, but how it ended could not be recorded; it is run again.`,
    `LoopEngine.${code}`,
  )
}

/** The failure when the engine did not let the receipt be spent. */
async function sealRefused(call: LicensedCall, error: unknown): Promise<unknown> {
  if (!isLoopError(error) || error.code !== 'refused') return error
  const { name, aggregateId } = call
  const said = error.details?.['reason']
  const reason = typeof said === 'string' ? said : 'refused'
  if (reason === 'stopped') return stopped(name, aggregateId)
  // Two attempts ran at once, and the other one spent the receipt.
  if (reason === 'spent' && call.idempotent) return error
  if (reason === 'spent') return unknownOutcome(name, { aggregateId, reason })
  if (reason === 'receipt_expired') await call.step('lapse', { reason })
  return denied(name, { aggregateId, reason })
}

/** A result as evidence. A result that cannot be recorded does not undo what the activity did. */
function outputOf(value: unknown): JsonObject {
  if (value === undefined) return {}
  try {
    return { output: snapshot(value) }
  } catch {
    return { unrecordable: true }
  }
}
