import type { JsonValue } from '../json/json.ts'
import type { Receipt } from '../model/result.ts'

/** What an action is given besides its input. */
export interface EffectContext {
  /** The licence under which this runs, already spent on its behalf. */
  readonly receipt: Receipt
  /** The same for every delivery of the same effect: hand it to the system that acts. */
  readonly idempotencyKey: string
  /** 1 for the first delivery. */
  readonly attempt: number
  /** Aborts when the time of the effect is over. */
  readonly signal: AbortSignal
}

export interface Action {
  /** Reads the input; throws, or rejects, for input that the action does not accept. A zod schema will do. */
  readonly input: { parse(value: unknown): unknown }
  /**
   * Acts. Returns JSON for the record, or nothing. Throwing a LoopError with `retryable: true` asks for another attempt, no
   * sooner than `details.retryAfterMs` if that is given. An action that runs at most once, and cannot tell whether it acted,
   * throws `unknown_outcome`; any other error means that it failed.
   */
  run(input: unknown, context: EffectContext): Promise<JsonValue | void>
}

/** A system of record that executes. Runs only with a receipt. */
export interface Integration {
  readonly contract: 'integration/v1'
  readonly name: string
  readonly actions: Readonly<Record<string, Action>>
}
