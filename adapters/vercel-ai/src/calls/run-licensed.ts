import {
  canonicalize,
  isLoopError,
  LoopError,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import type { CallLedger, ToolCall } from './call-ledger.ts'
import type { CallLoop } from './call-loop.ts'
import { outcomeOf, type CallOutcome } from './call-outcome.ts'
import { inputOf, type Licence } from './call-record.ts'
import { takeInput, type TakenInput } from './take-input.ts'

/** How to call the tool itself. */
export interface Runner {
  /** Reads an input that comes from the ledger; throws when the tool's schema does not accept it. */
  parse(json: JsonValue): Promise<unknown>
  run(value: unknown): Promise<unknown>
  readonly signal?: AbortSignal | undefined
}

/** The outcome of a call. If the tool ran just now, `live` holds what it returned or threw. */
export interface Settled {
  readonly outcome: CallOutcome
  readonly live?: { readonly value: unknown } | { readonly error: unknown }
}

export interface LicensedRun {
  readonly engine: LoopEngine
  readonly ledger: CallLedger
  readonly call: ToolCall
  readonly loop: CallLoop
  readonly idempotent: boolean
  readonly licence: Licence
  /** Part of every outcome of this run. */
  readonly facts: Pick<CallOutcome, 'input' | 'edited'>
  readonly given: TakenInput | undefined
  readonly runner: Runner
}

const reportAttempts = 3

/** Spends the receipt, runs the tool and records how it ended. The tool runs only once the spending is committed. */
export async function runLicensed(job: LicensedRun): Promise<Settled> {
  const { engine, ledger, call, licence, facts, runner } = job
  if (runner.signal?.aborted)
    throw new LoopError('aborted', `${call.tool} was NOT executed: the request was aborted.`)
  let value: unknown
  try {
    value = await readInput(job)
  } catch {
    const reason = 'invalid_input'
    const message = `${call.tool} was NOT executed: its schema does not accept the approved input unchanged.`
    await ledger.step(call, 'fail', { reason, message })
    return { outcome: outcomeOf(call, 'failed', { ...facts, reason }, message) }
  }

  let began = false
  const { id: loopId } = job.loop.definition
  const { transitionId } = licence.receipt
  const name = `tool:${call.tool}`
  const sealed = engine.seal({ loopId, transitionId, name }, async (_: JsonObject) => {
    began = true
    return runner.run(value)
  })
  let output: unknown
  try {
    output = await sealed(licence.receipt, licence.evidence)
  } catch (error) {
    if (began) return failed(job, error)
    return { outcome: await sealRefused(job, error) }
  }
  return succeeded(job, output)
}

/** The input for the tool: as JSON, exactly the approved input. Throws if the tool's schema would change it. */
async function readInput({ licence, given, runner }: LicensedRun): Promise<unknown> {
  const json = inputOf(licence.evidence)
  const approved = canonicalize(json)
  const same = given?.text === approved ? given : undefined
  if (same && !same.isStored) return same.value
  // A copy, because the recorded input is frozen and a tool may change its input.
  const read = await runner.parse(structuredClone(json)).then(takeInput, () => undefined)
  // A schema that converts (dollars to cents) converted before the call was recorded, and must not convert again.
  if (read?.text === approved) return read.value
  if (same) return same.value
  throw new LoopError('invalid_input', 'The schema of a tool changes the approved input.')
}

async function succeeded(job: LicensedRun, value: unknown): Promise<Settled> {
  const output = recordable(value)
  const evidence: JsonObject = output === undefined ? {} : { output }
  await report(job, 'succeed', evidence, { unrecordable: true })
  return {
    outcome: outcomeOf(job.call, 'executed', { ...job.facts, ...evidence }),
    live: { value },
  }
}

async function failed(job: LicensedRun, error: unknown): Promise<Settled> {
  const { call, idempotent, facts, runner } = job
  const { name, message } = wordsOf(error)
  // The tool was cut off, so its effect may have happened.
  const cut = runner.signal?.aborted || name === 'AbortError' || name === 'TimeoutError'
  if (cut && !idempotent) {
    const reason = 'cut_off'
    await report(job, 'lose', { reason })
    return { outcome: outcomeOf(call, 'unknown', { ...facts, reason }), live: { error } }
  }
  const reason = 'threw'
  await report(job, 'fail', { reason, name, message: message.slice(0, 2000) }, { reason })
  return {
    outcome: outcomeOf(call, 'failed', { ...facts, reason }, message),
    live: { error },
  }
}

/** Name and message of whatever the tool threw. Never throws itself, so that the end of the call is recorded. */
function wordsOf(error: unknown): { readonly name: string; readonly message: string } {
  try {
    const { name = 'Error', message = error } = error instanceof Error ? error : {}
    return {
      name: String(name),
      message: typeof message === 'string' ? message : inspected(message),
    }
  } catch {
    return { name: 'Error', message: 'The tool threw a value that cannot be read.' }
  }
}

function inspected(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}

/**
 * Records how a call ended. The tool has run already, so a store that fails for a moment is asked again. Evidence that
 * is too large or no JSON is replaced by `instead`.
 */
async function report(
  job: LicensedRun,
  transitionId: string,
  evidence: JsonObject,
  instead?: JsonObject,
): Promise<void> {
  const { ledger, call } = job
  let lost: unknown
  for (let attempt = 1; attempt <= reportAttempts; attempt++) {
    try {
      const { status } = await ledger.step(call, transitionId, evidence)
      if (status === 'executed') return
      lost = undefined
      break
    } catch (error) {
      const code = isLoopError(error) ? error.code : undefined
      if (instead && (code === 'too_large' || code === 'invalid_json'))
        return report(job, transitionId, instead)
      lost = error
    }
  }
  throw new LoopError(
    'unknown_outcome',
    `${call.tool} ran, but how it ended could not be recorded. It will not run again.`,
    { plugin: 'vercel-ai', details: { aggregateId: call.aggregateId }, cause: lost },
  )
}

/** The outcome when the engine did not let the receipt be spent. Throws any other error on. */
async function sealRefused(job: LicensedRun, error: unknown): Promise<CallOutcome> {
  const { ledger, call, loop, facts } = job
  if (!isLoopError(error) || (error.code !== 'refused' && error.code !== 'stopped')) throw error
  const said = error.details?.['reason']
  const reason = typeof said === 'string' ? said : error.code
  const rest = { ...facts, reason }
  if (reason === 'spent') return outcomeOf(call, 'executing', rest)
  if (reason !== 'receipt_expired') return outcomeOf(call, 'refused', rest, error.message)
  if (loop.has('lapse')) await ledger.step(call, 'lapse', { reason })
  return outcomeOf(call, 'expired', rest)
}

/** A result as JSON. Undefined if it has none: a result that cannot be recorded does not undo what the tool did. */
export function recordable(value: unknown): JsonValue | undefined {
  try {
    const written = JSON.stringify(value)
    return written === undefined ? undefined : (parseJson(written) as JsonValue)
  } catch {
    return undefined
  }
}
