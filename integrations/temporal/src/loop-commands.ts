import type { LoopErrorCode } from '@loop-engine/core'

import type { HistorySeal } from './history-seal.ts'

/** What is asked of the engine. */
export interface LoopCommand {
  readonly do: 'start' | 'transition' | 'decide' | 'delegate' | 'withdraw'
  /** Plain JSON. */
  readonly input: object
  /** Whether the authority of the process that sends it had authenticated its actor. */
  readonly vouched: boolean
}

/** What is sealed. */
export type CommandBody = Pick<LoopCommand, 'input' | 'vouched'> & {
  /** Tells calls of one command apart: whoever gets the answer to another call gets a repetition. */
  readonly call: string
}

/** What a workflow carries of it: whom it is about, and a text that only the system can read. */
export interface SealedCommand extends LoopKey {
  readonly do: LoopCommand['do']
  readonly sealed: unknown
}

export interface SerialisedError {
  readonly code: LoopErrorCode
  readonly message: string
  readonly path?: string
  readonly hint?: string
  readonly retryable?: boolean
  readonly plugin?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** What a workflow has to know of its instance after something was committed. */
export interface LoopNews {
  /** When effects, notices and events of this instance are due; epoch milliseconds. */
  readonly dueAt: readonly number[]
  /** The same for its timers, which mean nothing once its run has ended. */
  readonly timersAt: readonly number[]
  /** Whether its run may still move. */
  readonly open: boolean
}

/** A refusal is an answer, and an error of the caller too: neither fails an activity. */
export type LoopAnswer = { readonly call: string } & (
  | { readonly value?: unknown }
  | { readonly error: SerialisedError }
)

export interface SealedAnswer extends LoopNews {
  readonly sealed: unknown
}

export interface LoopKey {
  readonly tenant: string
  readonly aggregateId: string
}

export interface LoopWorkflowInput extends LoopKey {
  /** Whether the workflow delivers what is due. */
  readonly delivers: boolean
  readonly activityTimeoutMs: number
  /** Carried from the run before, when the workflow continues as new. */
  readonly dueAt?: readonly number[]
  readonly timersAt?: readonly number[]
}

export interface SweeperInput {
  readonly everyMs: number
  readonly activityTimeoutMs: number
}

export const commandUpdate = 'loopEngineCommand'
export const newsSignal = 'loopEngineNews'

/** What a worker does for the workflows of instances, under the names by which they call it. */
export interface LoopActivities {
  loopEngineCommand(command: SealedCommand): Promise<SealedAnswer>
  /** Delivers what is due of one instance. */
  loopEngineDeliver(key: LoopKey): Promise<LoopNews>
  /** Delivers what is due of any; how much it was. */
  loopEngineSweep(): Promise<number>
}

/** A sealed command opens for this one instance and verb: it cannot be moved. */
export function aboutCommand({ tenant, aggregateId }: LoopKey, what: LoopCommand['do']): string[] {
  return ['command', what, tenant, aggregateId]
}

/** A sealed answer opens for this one command. */
export function aboutAnswer(
  { tenant, aggregateId }: LoopKey,
  command: LoopCommand,
  seal: HistorySeal,
): string[] {
  return ['answer', tenant, aggregateId, seal.tag(command)]
}
