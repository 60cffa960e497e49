import {
  canonicalize,
  isLoopError,
  LoopError,
  parseDuration,
  type Action,
  type JsonValue,
  type Receipt,
} from '@loop-engine/core'

import { evidenceOf } from '../admit-input.ts'
import { askedPause } from '../asked-pause.ts'
import { withDeadline } from '../deadline.ts'
import { noEvidence, type Evidence } from '../evidence.ts'
import type { Kernel } from '../kernel.ts'
import { attemptsOf, hasBegun } from './effect-attempts.ts'
import type { EffectJob } from './effect-job.ts'
import type { Ending } from './report-effect.ts'

type Acted =
  | {
      readonly kind: 'ended'
      readonly ending: Ending
      /** Whether a person may have it run again. */
      readonly mayRepeat: boolean
    }
  | { readonly kind: 'again'; readonly error: string; readonly notBeforeMs: number }

/** Lets the integration act, once. */
export async function act(kernel: Kernel, job: EffectJob, action: Action): Promise<Acted> {
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
      ending: { type: 'loop.effect.unknown', reason },
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
      reason,
      ...(spec.onFailure && { followUp: spec.onFailure }),
    },
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

/** What an action returned; something that cannot be recorded does not undo what was done. */
function outputOf(kernel: Kernel, output: JsonValue | void): Evidence {
  if (output === undefined || output === null) return noEvidence
  try {
    canonicalize(output)
    return evidenceOf(
      kernel,
      typeof output === 'object' && !Array.isArray(output) ? output : { result: output },
    )
  } catch {
    return evidenceOf(kernel, { unrecordable: true })
  }
}
