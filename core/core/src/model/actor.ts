import type { z } from 'zod'

import { lazySchema, withZod } from '../lazy-schema.ts'
import { notBlank } from '../not-blank.ts'
import { actorTypes } from './definition.ts'

export interface Principal {
  readonly type: (typeof actorTypes)[number]
  readonly id: string
  /** For whom it acts; the whole delegation chain. */
  readonly onBehalfOf?: Principal | undefined
}

const schemas = /* @__PURE__ */ withZod((zod) => {
  const text = (longest: number): z.ZodString =>
    zod.string().min(1).max(longest).regex(notBlank, 'must not be blank')
  const assurance = zod.strictObject({
    /** `asserted`, `local`, `api-key`, `oidc`, `webauthn`, `slack`, `pagerduty`, `signed-link`, … */
    method: text(64),
    issuer: zod.string().max(512).optional(),
    subject: zod.string().max(512).optional(),
    /** When it was established, epoch milliseconds. */
    at: zod.number().optional(),
  })

  const id = text(256)
  const principal: z.ZodType<Principal> = zod.strictObject({
    type: zod.enum(actorTypes),
    id,
    get onBehalfOf() {
      return principal.optional()
    },
  })

  const usage = zod.strictObject({
    inputTokens: zod.int().min(0).optional(),
    outputTokens: zod.int().min(0).optional(),
    cachedInputTokens: zod.int().min(0).optional(),
    reasoningTokens: zod.int().min(0).optional(),
    /** As the vendor reports it, in US dollars. */
    costUsd: zod.number().min(0).optional(),
    /** As xAI bills it: ten thousand million ticks are one US dollar. */
    costUsdTicks: zod.int().min(0).optional(),
  })

  const names = zod.array(text(128)).max(256).readonly()
  const actor = zod.strictObject({
    type: zod.enum(actorTypes),
    id,
    displayName: zod.string().max(256).optional(),
    roles: names.optional(),
    groups: names.optional(),
    onBehalfOf: principal.optional(),
    assurance: assurance.optional(),

    provider: text(128).optional(),
    modelId: text(256).optional(),
    servedModel: text(256).optional(),
    /** SHA-256 of the canonical JSON of what left for the model; lowercase hex. */
    promptHash: zod
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lowercase hex')
      .optional(),
    promptVersion: text(128).optional(),
    templateHash: zod
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** 0..1, as the model said of itself. */
    confidence: zod.number().min(0).max(1).optional(),
    usage: usage.optional(),
    /** The vendor's id of the answer; null when it sent none. */
    responseId: text(256).nullable().optional(),
    latencyMs: zod.number().min(0).optional(),
    attempts: zod.int().min(1).optional(),
  })

  return { assurance, principal, usage, actor }
})

/** How an actor became known. `asserted` means: code in the same process said so. */
export const assuranceSchema = /* @__PURE__ */ lazySchema(() => schemas().assurance)
export type Assurance = Readonly<z.infer<typeof assuranceSchema>>

export const principalSchema = /* @__PURE__ */ lazySchema(() => schemas().principal)

export const usageSchema = /* @__PURE__ */ lazySchema(() => schemas().usage)
export type Usage = Readonly<z.infer<typeof usageSchema>>

/** Who requests a transition. The last block belongs to `ai-agent` alone. */
export const actorSchema = /* @__PURE__ */ lazySchema(() => schemas().actor)
export type Actor = Readonly<z.infer<typeof actorSchema>>
