import type { JsonObject } from '../json/json.ts'
import { lazySchema, withZod } from '../lazy-schema.ts'
import { actorSchema, type Actor, type Usage } from '../model/actor.ts'

/** What a provider is asked: where a loop stands and which signals are open now. */
export interface SubmissionContext {
  readonly loopId: string
  readonly loopName: string
  readonly currentState: string
  readonly availableSignals: readonly {
    readonly signalId: string
    readonly name: string
    readonly description?: string
  }[]
  readonly instruction: string
  readonly evidence: JsonObject
}

/** One request that left for the vendor, seen by the SDK's own hook; retries are attempts of their own. */
export interface ModelAttempt {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Until the headers of the answer, or the failure. */
  readonly latencyMs: number
  /** HTTP status; null when no answer came. */
  readonly status: number | null
  /** The vendor's id of the request, from the answer's headers. */
  readonly requestId: string | null
  /** Of the body that left in this attempt. */
  readonly promptHash: string
}

/** What a model says while it decides. Not a decision: it may still be refused, cut or wrong. */
export type ModelProgress =
  | { readonly type: 'attempt'; readonly attempt: number }
  | { readonly type: 'text'; readonly delta: string }

export interface ModelCallOptions {
  /** Ends the call, which then throws `aborted`. */
  readonly signal?: AbortSignal
  /** Asks for a stream where the vendor has one. What it throws is ignored. */
  readonly onProgress?: (progress: ModelProgress) => void
}

const submission = /* @__PURE__ */ withZod((zod) =>
  zod.object({
    actor: actorSchema,
    signal: zod.string().min(1),
    /** What the model decided; what to attach as evidence. */
    decision: zod.record(zod.string(), zod.unknown()),
  }),
)

/** What every provider's proposal has; what else it says is not checked here. */
export const submissionSchema = /* @__PURE__ */ lazySchema(submission)

/** A model's proposal. It is only a proposal: the engine judges it. */
export interface Submission {
  readonly actor: Actor
  readonly signal: string
  readonly decision: JsonObject
  readonly usage?: Usage
  /** The vendor's id of the request that was answered; null when it sent none. */
  readonly requestId?: string | null
  /** Every request that left, in order. */
  readonly attempts?: readonly ModelAttempt[]
}

/** Intelligence enters here. Never touches a store or an integration. */
export interface Provider {
  readonly contract: 'provider/v1'
  readonly name: string
  readonly model: string
  /** Picks one of the open signals. Calling it twice asks twice. Throws a `LoopError`, never with prompt, key or body. */
  createSubmission(context: SubmissionContext, options?: ModelCallOptions): Promise<Submission>
}

/** Where a statement comes from. */
export interface Citation {
  readonly url: string
  readonly title?: string
  readonly snippet?: string
  /** As the source states it; ISO 8601 where the vendor does so. */
  readonly publishedAt?: string
}

/** An answer with its sources, and who gave it. */
export interface GroundedAnswer {
  readonly actor: Actor
  readonly answer: string
  readonly citations: readonly Citation[]
  /** Answer, citations and queries as JSON, ready to be attached to a transition. */
  readonly evidence: JsonObject
  readonly usage?: Usage
  readonly requestId?: string | null
  readonly attempts?: readonly ModelAttempt[]
}

/** Finds verifiable facts for a step. Decides nothing. */
export interface Retriever {
  readonly contract: 'retriever/v1'
  readonly name: string
  readonly model: string
  /** An answer without a single citation is refused with `bad_response`. */
  retrieve(query: string, options?: ModelCallOptions): Promise<GroundedAnswer>
}
