import type { LoopErrorCode } from '@loop-engine/core'

import type { HistorySeal } from './history-seal.ts'

/** A command for the engine. */
export interface LoopCommand {
  readonly do: 'start' | 'transition' | 'decide' | 'delegate' | 'withdraw'
  /** Plain JSON. */
  readonly input: object
  /** Whether the sending process had authenticated the actor by its authority. */
  readonly vouched: boolean
}

/** The sealed part of a command. */
export type CommandBody = Pick<LoopCommand, 'input' | 'vouched'> & {
  /** Identifies the call. A caller who gets the answer to another call of the same command has a repetition. */
  readonly call: string
}

/** The command as a workflow carries it: the instance, and a text that only the system can read. */
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

/** What a workflow has to know about its instance after a commit. */
export interface LoopNews {
  /** When effects, notifications and events of this instance are due; epoch milliseconds. */
  readonly dueAt: readonly number[]
  /** When its timers are due; epoch milliseconds. They mean nothing once the run has ended. */
  readonly timersAt: readonly number[]
  /** Whether the run of the instance is still open. */
  readonly open: boolean
}

/** The answer to a command. A refusal and an error of the caller are answers too, and do not fail the activity. */
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
  /** Whether the workflow delivers due items. */
  readonly delivers: boolean
  readonly activityTimeoutMs: number
  /** Carried over from the previous run when the workflow continues as new. */
  readonly dueAt?: readonly number[]
  readonly timersAt?: readonly number[]
}

export interface SweeperInput {
  readonly everyMs: number
  readonly activityTimeoutMs: number
}

export const commandUpdate = 'loopEngineCommand'
export const newsSignal = 'loopEngineNews'

/** The activities of a worker for the workflows of instances, under the names by which they are called. */
export interface LoopActivities {
  loopEngineCommand(command: SealedCommand): Promise<SealedAnswer>
  /** Delivers the due items of one instance. */
  loopEngineDeliver(key: LoopKey): Promise<LoopNews>
  /** Delivers the due items of all instances; returns how many. */
  loopEngineSweep(): Promise<number>
}

/** Binds a sealed command to its instance and verb, so that it opens for no other. */
export function aboutCommand({ tenant, aggregateId }: LoopKey, what: LoopCommand['do']): string[] {
  return ['command', what, tenant, aggregateId]
}

/** Binds a sealed answer to its command, so that it opens for no other. */
export function aboutAnswer(
  { tenant, aggregateId }: LoopKey,
  command: LoopCommand,
  seal: HistorySeal,
): string[] {
  return ['answer', tenant, aggregateId, seal.tag(command)]
}
