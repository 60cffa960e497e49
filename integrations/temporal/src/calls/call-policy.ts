import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'
import { defineLoop, type LoopDefinition, type LoopInput } from '@loop-engine/sdk'

type TransitionInput = LoopInput['transitions'][number]

/** When people are asked, who they are, and what happens when nobody answers. */
export type CallApproval = Exclude<NonNullable<TransitionInput['approval']>, boolean>

/** What governs one activity, or one gate. An empty policy lets every call run, once, on record. */
export interface CallPolicy {
  /** `when` is CEL over `evidence.input` and `evidence.temporal`. Without `when` every call needs approval. */
  readonly approval?: CallApproval
  /** Built-in or registered guards, or CEL conditions; a hard guard that does not pass denies the call. */
  readonly guards?: TransitionInput['guards']
  readonly risk?: TransitionInput['risk']
}

export interface ActivityPolicy extends CallPolicy {
  /**
   * Running the activity twice has the same effect as running it once. After a failure, or when its worker died, it
   * then runs again under a new receipt, as often as the retry policy allows. Otherwise a failure is final, and an
   * interrupted call becomes unknown.
   */
  readonly idempotent?: boolean
}

const gateKeys: KnownKeys<CallPolicy> = { approval: true, guards: true, risk: true }
const activityKeys: KnownKeys<ActivityPolicy> = { ...gateKeys, idempotent: true }
const what = 'The policy of an activity or a gate'

const anybody = ['ai-agent', 'human', 'automation', 'system'] as const

/** The loop of an activity: `REQUESTED → [APPROVAL] → EXECUTING → EXECUTED | FAILED | DENIED | EXPIRED | UNKNOWN`. */
export function activityLoop(type: string, policy: ActivityPolicy): LoopDefinition {
  refuseStrayKeys(policy, activityKeys, { what, code: 'invalid_config' })
  return defineLoop({
    id: `temporal.activity:${type}`,
    name: type,
    tags: ['temporal'],
    states: [
      'REQUESTED',
      'EXECUTING',
      { id: 'EXECUTED', terminal: true },
      { id: 'FAILED', terminal: true, error: true },
      { id: 'DENIED', terminal: true },
      { id: 'EXPIRED', terminal: true },
      { id: 'UNKNOWN', terminal: true, error: true },
    ],
    initialState: 'REQUESTED',
    transitions: [
      governed('execute', 'EXECUTING', `Run the activity ${type}.`, policy),
      { id: 'deny', from: 'REQUESTED', to: 'DENIED', actors: ['automation', 'system'] },
      { id: 'expire', from: 'REQUESTED', to: 'EXPIRED', actors: ['automation', 'system'] },
      ...(policy.idempotent
        ? [{ id: 'retry', from: 'EXECUTING', to: 'EXECUTING', actors: ['automation' as const] }]
        : []),
      { id: 'lapse', from: 'EXECUTING', to: 'EXPIRED', actors: ['automation'] },
      { id: 'succeed', from: 'EXECUTING', to: 'EXECUTED', actors: ['automation'] },
      { id: 'fail', from: 'EXECUTING', to: 'FAILED', actors: ['automation'] },
      { id: 'lose', from: 'EXECUTING', to: 'UNKNOWN', actors: ['automation'] },
    ],
  })
}

/** The loop of a gate: `REQUESTED → [APPROVAL] → PASSED | DENIED | EXPIRED`. */
export function gateLoop(gate: string, policy: CallPolicy): LoopDefinition {
  refuseStrayKeys(policy, gateKeys, { what, code: 'invalid_config' })
  // A gate opens only for exactly the input that its workflow gave, so an edited input could never open it.
  if (policy.approval?.allow?.includes('edit'))
    throw new LoopError('invalid_config', 'A gate cannot let reviewers edit its input.', {
      path: '/approval/allow',
      plugin: 'temporal',
    })
  return defineLoop({
    id: `temporal.gate:${gate}`,
    name: gate,
    tags: ['temporal'],
    states: [
      'REQUESTED',
      { id: 'PASSED', terminal: true },
      { id: 'DENIED', terminal: true },
      { id: 'EXPIRED', terminal: true },
    ],
    initialState: 'REQUESTED',
    transitions: [
      governed('pass', 'PASSED', `Pass the gate ${gate}.`, policy),
      { id: 'deny', from: 'REQUESTED', to: 'DENIED', actors: ['automation', 'system'] },
      { id: 'expire', from: 'REQUESTED', to: 'EXPIRED', actors: ['automation', 'system'] },
    ],
  })
}

function governed(
  id: string,
  to: string,
  description: string,
  { approval, guards = [], risk }: CallPolicy,
): TransitionInput {
  if (approval && !approval.reviewers?.length && !approval.stages?.length)
    throw new LoopError('invalid_config', `${what} asks nobody: it has no reviewers.`, {
      path: '/approval/reviewers',
      plugin: 'temporal',
    })
  return {
    id,
    from: 'REQUESTED',
    to,
    description,
    actors: [...anybody],
    guards,
    ...(risk && { risk }),
    ...(approval && { approval: { onReject: 'deny', onExpiry: 'expire', ...approval } }),
  }
}
