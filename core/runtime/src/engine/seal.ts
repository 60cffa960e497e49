import {
  canonicalize,
  hashEntry,
  LoopError,
  openEntry,
  receiptOf,
  saltedDigest,
  parseJson,
  type JsonValue,
  type KnownKeys,
  type LedgerEntry,
  type Receipt,
  type StoredEntry,
} from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { holdOf } from '../effects/hold.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import { scopesBehind } from '../recording/change-scopes.ts'
import { createChange } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { untilCommitted } from '../recording/until-committed.ts'

/** A function that runs only with an unspent receipt, for exactly the input that the receipt licenses. */
export type Sealed<Input extends object, Output> = (
  receipt: Receipt,
  input: Input,
) => Promise<Output>

export interface SealOptions {
  readonly loopId: string
  /** Only a receipt of this transition opens the function. */
  readonly transitionId: string
  /** The name of the function in the record and in traces; the id of the transition by default. */
  readonly name?: string
}

/**
 * Seals a function: it runs once per receipt of its transition, after the spending is committed. Refused with `refused`
 * (details.reason: `unknown_receipt`, `other_transition`, `reserved_for_effect`, `receipt_expired`, `input_mismatch`,
 * `spent`, `stopped`, `suspended`, `run_cancelled`, `run_failed`). Throws `not_found` for a transition that no registered
 * loop has.
 */
export type Seal = <Input extends object, Output>(
  options: SealOptions,
  run: (
    input: Input,
    context: { readonly receipt: Receipt; readonly idempotencyKey: string },
  ) => Promise<Output>,
) => Sealed<Input, Output>

const keys: KnownKeys<SealOptions> = { loopId: true, transitionId: true, name: true }

export function createSeal(kernel: Kernel): Seal {
  return (options, run) => {
    checkOptions(kernel, options)
    if (typeof run !== 'function')
      throw new LoopError('invalid_input', 'engine.seal takes a function.', {
        path: '',
        hint: 'Give it behind the options: engine.seal({ loopId, transitionId }, run).',
      })
    const { loopId, transitionId, name = transitionId } = options
    return async (pointer, input) => {
      const { entry, receipt, text } = await licence(
        kernel,
        { loopId, transitionId },
        pointer,
        input,
      )
      await spend(kernel, receipt, entry, name)
      const context = { receipt, idempotencyKey: receipt.entry }
      // Parsed from the licensed text, because the caller may have changed the object since it was compared.
      const licensed = parseJson(text) as typeof input
      if (!kernel.telemetry) return run(licensed, context)
      return kernel.telemetry.sealed({ name, receipt }, () => run(licensed, context))
    }
  }
}

function checkOptions({ loops }: Kernel, options: SealOptions): void {
  checkInput('engine.seal', options, keys, ['loopId', 'transitionId'])
  const { loopId, transitionId } = options
  const { transitions } = loops.current(loopId)
  if (transitions.has(transitionId)) return
  throw new LoopError('not_found', 'The loop has no transition of this id.', {
    path: '/transitionId',
    hint: `Its transitions are ${[...transitions.keys()].join(', ')}.`,
    details: { loopId, transitionId, known: [...transitions.keys()] },
  })
}

interface Licence {
  readonly entry: LedgerEntry
  /** Made from the record. Of the caller's receipt only the place of the entry is believed. */
  readonly receipt: Receipt
  readonly text: string
}

/** The recorded execution to which a receipt points, and the canonical text of the input that it licenses. */
async function licence(
  kernel: Kernel,
  { loopId, transitionId }: SealOptions,
  pointer: Receipt,
  input: object,
): Promise<Licence> {
  const stored = await recorded(kernel, pointer)
  if (stored?.type !== 'loop.transition.executed')
    throw refuse('unknown_receipt', 'The receipt is not the record of an executed transition.')
  const entry = openEntry(stored)
  if (entry.loopId !== loopId || entry.transitionId !== transitionId)
    throw refuse('other_transition', 'The receipt is of another transition.')
  if (entry.effect)
    throw refuse(
      'reserved_for_effect',
      'The receipt belongs to the effect that the transition declares.',
    )
  if (kernel.clock.now() >= (entry.receiptExpiresAt ?? 0))
    throw refuse('receipt_expired', 'The receipt has expired.')
  const text = canonicalize(input as JsonValue)
  if (text !== licensedText(entry, stored)) throw unlicensed()
  return { entry, receipt: receiptOf(stored, entry), text }
}

/** The evidence that an entry names; null if it was erased or changed, so that no input can match it. */
function licensedText(named: LedgerEntry, { evidence, salt }: StoredEntry): string | null {
  if (!named.evidence) return '{}'
  if (evidence === null || salt === null) return null
  return saltedDigest(salt, evidence) === named.evidence.digest ? evidence : null
}

/** The entry at the place that the receipt names, if it has the hash that the receipt names. */
async function recorded(kernel: Kernel, receipt: Receipt): Promise<StoredEntry | undefined> {
  // The result of a refused or pending attempt has no receipt, so `receipt` may be undefined.
  const { tenant, runId, seq, entry }: Partial<Receipt> = receipt ?? {}
  if (typeof tenant !== 'string' || typeof runId !== 'string' || !Number.isSafeInteger(seq))
    return undefined
  const [stored] = await kernel.store.entries(tenant, runId, { from: seq, to: seq })
  return stored?.hash === entry && hashEntry(stored.body) === entry ? stored : undefined
}

async function spend(
  kernel: Kernel,
  receipt: Receipt,
  entry: LedgerEntry,
  name: string,
): Promise<void> {
  await untilCommitted(kernel, entry, {
    async attempt() {
      const run = await kernel.store.getRun(entry.tenant, entry.runId)
      if (!run) throw refuse('unknown_receipt', 'The run of the receipt is gone.')
      const hold = await holdOf(kernel, run)
      if (hold) throw refuse(hold, `The run is ${run.status}.`)
      // It may have been spent or erased since it was compared.
      for await (const later of newestFirst(kernel.store, run, entry.seq)) {
        if (openEntry(later).receipt === receipt.entry) throw spent()
        if (later.hash === receipt.entry && entry.evidence && later.evidence === null)
          throw unlicensed()
      }
      const change = createChange(run)
      change.append({
        ...draftOf(kernel, run, entry.actor),
        type: 'loop.effect.started',
        ...(entry.transitionId !== undefined && { transitionId: entry.transitionId }),
        receipt: receipt.entry,
        data: { sealed: name },
      })
      const rest = {
        scopes: scopesBehind(entry),
        spend: { receipt: receipt.entry, by: `sealed:${name}` },
      }
      return { result: undefined, record: { change, rest } }
    },
    refused({ reason }) {
      throw reason === 'spent' ? spent() : refuse(reason, 'A stop is in force.')
    },
    conflict: 'The run kept moving while its receipt was spent.',
  })
}

function spent(): LoopError {
  return refuse('spent', 'The receipt was spent before.')
}

function unlicensed(): LoopError {
  return refuse('input_mismatch', 'The input is not what the receipt licenses.')
}

/** What to do about refusals for which a new receipt is no cure. */
const cures: Readonly<Record<string, string>> = {
  unknown_receipt: 'Give it `receipt` of a transition that was executed, and then the input.',
  other_transition: 'Give it a receipt of the transition that it was sealed for.',
  input_mismatch: 'Give it the evidence of the transition, unchanged.',
  reserved_for_effect: 'Leave it to the integration, or declare no effect.',
  stopped: 'Once the stop is released the receipt is good, until it expires.',
  suspended: 'Once the run is resumed the receipt is good, until it expires.',
  run_cancelled: 'Nothing begins in this run any more; start another.',
  run_failed: 'Nothing begins in this run any more; start another.',
}

function refuse(reason: string, message: string): LoopError {
  return new LoopError('refused', message, {
    details: { reason },
    hint: cures[reason] ?? 'Request the transition again to get a new receipt.',
  })
}
