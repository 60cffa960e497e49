import type { z } from 'zod'

import type { JsonObject } from '../json/json.ts'
import { lazySchema, withZod } from '../lazy-schema.ts'
import { assuranceSchema, principalSchema } from '../model/actor.ts'
import { decisionKinds, type ApprovalRequest, type ApprovalView } from '../model/approval.ts'
import { notBlank } from '../not-blank.ts'

/** A channel's reference to a message it sent; JSON, kept by the engine. */
export type MessageRef = JsonObject

const decisionIntake = /* @__PURE__ */ withZod((zod) =>
  zod.strictObject({
    tenant: zod.string().min(1).max(256),
    requestId: zod.string().min(1).max(256),
    revision: zod.int().min(1),
    viewHash: zod.string().regex(/^[0-9a-f]{64}$/),
    decision: zod.enum(decisionKinds),
    reason: zod.string().max(4096).regex(notBlank).optional(),
    edits: zod.record(zod.string(), zod.unknown()).optional(),
    reviewer: principalSchema,
    assurance: assuranceSchema,
    /** Ids that prove the event: delivery id, message ts, signature key id. */
    proof: zod.record(zod.string(), zod.string().max(1024)).optional(),
    /** The delivery id; a repeated delivery gets the same answer. */
    idempotencyKey: zod.string().min(1).max(256).optional(),
  }),
)

/** What a channel makes of an authenticated event. The core alone judges it. */
export const decisionIntakeSchema = /* @__PURE__ */ lazySchema(decisionIntake)
export type DecisionIntake = z.infer<typeof decisionIntakeSchema>

export interface ChannelContext {
  /** Aborts when the engine waits no longer. */
  readonly signal: AbortSignal
  /** The same for every delivery of the same notification. */
  readonly idempotencyKey: string
}

/** People decide here, where they already are. */
export interface Channel {
  readonly contract: 'channel/v1'
  readonly name: string
  /** Tells people that a request waits, was escalated or needs reminding. */
  notify(
    request: ApprovalRequest,
    view: ApprovalView,
    context: ChannelContext,
  ): Promise<MessageRef | void>
  /** Repaints what was sent, after the request changed. A reference that it returns takes the place of the one it got. */
  update?(
    ref: MessageRef,
    request: ApprovalRequest,
    view: ApprovalView,
    context: ChannelContext,
  ): Promise<MessageRef | void>
  /** The inbound side: authenticates the sender, then hands over one decision intake. GET never decides. */
  handle?(request: Request): Promise<Response>
}
