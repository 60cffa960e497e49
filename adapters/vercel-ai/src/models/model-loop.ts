import {
  LoopError,
  refuseStrayKeys,
  type Actor,
  type KnownKeys,
  type LoopDefinition,
} from '@loop-engine/core'
import { defineLoop, type LoopInput } from '@loop-engine/sdk'

type TransitionInput = LoopInput['transitions'][number]
export type GuardSpecs = NonNullable<TransitionInput['guards']>

export interface ModelLoopOptions {
  /** Default `model-call`; calls with other guards need another id. */
  readonly id?: string
  /** Judged before each call: built-in or registered guards, or CEL conditions. */
  readonly guards?: GuardSpecs
  /** How long a call may be under way before its record is closed as failed; `1h` by default. */
  readonly lostAfter?: string
}

const optionKeys: KnownKeys<ModelLoopOptions> = { id: true, guards: true, lostAfter: true }

/** The actor of those transitions that the model does not take itself. */
export const keeper: Actor = Object.freeze({ type: 'automation', id: 'adapter:vercel-ai' })

/** How a call that was let through may end; each is a transition out of `CALLING`. */
export type CallEnd = 'answer' | 'fail' | 'abort'

const required = ['call', 'answer', 'fail', 'abort', 'block'] as const

/**
 * The loop of a model call: `REQUESTED → CALLING → ANSWERED | FAILED | ABORTED`, or `BLOCKED`. Each attempt of the
 * SDK's retry loop is a run of its own. A loop of your own needs the transitions `call`, `answer`, `fail`, `abort` and
 * `block`.
 */
export function createModelCallLoop(options: ModelLoopOptions = {}): LoopDefinition {
  refuseStrayKeys(options, optionKeys, { what: 'createModelCallLoop', code: 'invalid_config' })
  const { id = 'model-call', guards = [], lostAfter = '1h' } = options
  return defineLoop({
    id,
    name: 'Model call',
    tags: ['model-call'],
    states: [
      'REQUESTED',
      { id: 'CALLING', timeout: { after: lostAfter, transition: 'lose' } },
      { id: 'ANSWERED', terminal: true },
      { id: 'FAILED', terminal: true, error: true },
      { id: 'ABORTED', terminal: true },
      { id: 'BLOCKED', terminal: true },
    ],
    initialState: 'REQUESTED',
    transitions: [
      { id: 'call', from: 'REQUESTED', to: 'CALLING', actors: ['ai-agent'], guards },
      { id: 'block', from: 'REQUESTED', to: 'BLOCKED', actors: ['automation'] },
      { id: 'answer', from: 'CALLING', to: 'ANSWERED', actors: ['ai-agent'] },
      { id: 'fail', from: 'CALLING', to: 'FAILED', actors: ['ai-agent'] },
      { id: 'abort', from: 'CALLING', to: 'ABORTED', actors: ['ai-agent'] },
      // The process that made the call is gone: nobody knows what the vendor answered.
      { id: 'lose', from: 'CALLING', to: 'FAILED', actors: ['system'] },
    ],
  })
}

/** Throws `invalid_config` for a loop that lacks a transition of a model call, or that lets people approve the call. */
export function checkModelCallLoop({ id, transitions }: LoopDefinition): void {
  const known = new Map(transitions.map((transition) => [transition.id, transition]))
  const missing = required.filter((name) => !known.has(name))
  const problem =
    missing.length > 0
      ? `has no transition ${missing.join(', ')}.`
      : known.get('call')?.approval
        ? 'lets people approve a model call, which cannot wait for them.'
        : undefined
  if (problem === undefined) return
  throw new LoopError('invalid_config', `The loop ${id} ${problem}`, {
    plugin: 'vercel-ai',
    path: '/loop/transitions',
    hint: 'Start from createModelCallLoop(); let people approve tool calls instead.',
  })
}

/**
 * The loop of a tool call that a governed model asked for: `PROPOSED → TAKEN`, or `LAPSED`. A strict tool takes the
 * proposal of its call before it runs. Each proposal is used once, and a call that no governed model asked for has
 * none.
 */
export const toolProposalLoop: LoopDefinition = defineLoop({
  id: 'model-tool-proposal',
  name: 'Tool call proposed by a governed model',
  tags: ['model-call'],
  states: [
    { id: 'PROPOSED', timeout: { after: '1d', transition: 'lapse' } },
    { id: 'TAKEN', terminal: true },
    { id: 'LAPSED', terminal: true },
  ],
  initialState: 'PROPOSED',
  transitions: [
    { id: 'take', from: 'PROPOSED', to: 'TAKEN', actors: ['automation'] },
    { id: 'lapse', from: 'PROPOSED', to: 'LAPSED', actors: ['system'] },
  ],
})
