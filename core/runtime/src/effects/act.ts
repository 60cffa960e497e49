import {
  canonicalize,
  isLoopError,
  isRecord,
  LoopError,
  parseDuration,
  receiptOf,
  parseJson,
  type Action,
  type JsonValue,
} from '@loop-engine/core'

import { askedPause } from '../asked-pause.ts'
import type { Delivery } from '../delivery.ts'
import { evidenceOf, noEvidence, type Evidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { withDeadline } from '../with-deadline.ts'
import { attemptsOf, hasBegun } from './effect-attempts.ts'
import type { EffectJob } from './effect-job.ts'
import type { Ending } from './report-effect.ts'

/** Lets the integration act once. Returns how that ended, or that it has to be tried again. */
export async function act(
  kernel: Kernel,
  job: EffectJob,
  action: Action,
): Promise<Ending | Delivery> {
  const { claim, spec } = job
  const limitMs = spec.timeout ? parseDuration(spec.timeout) : kernel.limits.effectTimeoutMs
  try {
    const output = await withDeadline(kernel.clock, limitMs, async (signal) => {
      const input = await readInput(action, claim.payload)
      // If reading took too long, this attempt was given up, and another may have begun.
      signal.throwIfAborted()
      return action.run(input, {
        receipt: receiptOf(job.stored, job.entry),
        idempotencyKey: claim.id,
        attempt: claim.attempt,
        signal,
      })
    })
    return {
      type: 'loop.effect.succeeded',
      evidence: outputOf(kernel, output),
      ...(spec.onSuccess && { followUp: spec.onSuccess }),
    }
  } catch (error) {
    return failed(kernel, job, error)
  }
}

/** Input that an action does not accept now will not be accepted later either. A schema may be asynchronous. */
async function readInput(action: Action, payload: string): Promise<unknown> {
  try {
    return await action.input.parse(parseJson(payload))
  } catch (cause) {
    throw new LoopError('invalid_input', 'The action does not accept the input of the effect.', {
      cause,
    })
  }
}

async function failed(kernel: Kernel, job: EffectJob, error: unknown): Promise<Ending | Delivery> {
  const { claim, effect, spec } = job
  const idempotent = effect.semantics === 'idempotent'
  const known = isLoopError(error) ? error : undefined
  const reason = known?.code ?? 'threw'
  const mayHaveActed = known?.code === 'timeout' || known?.code === 'unknown_outcome'
  if (!idempotent && mayHaveActed) return { type: 'loop.effect.unknown', reason }
  // An idempotent effect may succeed after an unknown error, but not after one that says it is not retryable.
  const mayPass = idempotent && (known === undefined || known.retryable)
  if (mayPass && !(await hasBegun(kernel, job, attemptsOf(kernel, job))))
    return {
      kind: 'retry',
      error: `${reason}: attempt ${claim.attempt} failed`,
      notBeforeMs: askedPause(error),
      isCounted: true,
    }
  const ending: Ending = { type: 'loop.effect.failed', reason }
  if (spec.onFailure) return { ...ending, followUp: spec.onFailure }
  return idempotent ? { ...ending, dead: `failed: ${reason}` } : ending
}

/** The output of an action as evidence. Output that cannot be recorded does not undo what was done. */
function outputOf(kernel: Kernel, output: JsonValue | void): Evidence {
  if (output === undefined || output === null) return noEvidence
  try {
    canonicalize(output)
    return evidenceOf(kernel, isRecord(output) ? output : { result: output })
  } catch {
    return evidenceOf(kernel, { unrecordable: true })
  }
}
