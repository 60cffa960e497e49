import { z } from 'zod'

import { actorTypes } from './definition.ts'

/** How an actor became known. `asserted` means: code in the same process said so. */
export const assuranceSchema = z.strictObject({
  /** `asserted`, `local`, `api-key`, `oidc`, `webauthn`, `slack`, `pagerduty`, `signed-link`, … */
  method: z.string().min(1).max(64),
  issuer: z.string().max(512).optional(),
  subject: z.string().max(512).optional(),
  /** When it was established, epoch milliseconds. */
  at: z.number().optional(),
})
export type Assurance = Readonly<z.infer<typeof assuranceSchema>>

const principalId = z.string().min(1).max(256)

export interface Principal {
  readonly type: (typeof actorTypes)[number]
  readonly id: string
  /** For whom it acts; the whole delegation chain. */
  readonly onBehalfOf?: Principal
}
export const principalSchema: z.ZodType<Principal> = z.strictObject({
  type: z.enum(actorTypes),
  id: principalId,
  get onBehalfOf() {
    return principalSchema.optional()
  },
})

export const usageSchema = z.strictObject({
  inputTokens: z.int().min(0).optional(),
  outputTokens: z.int().min(0).optional(),
  cachedInputTokens: z.int().min(0).optional(),
  reasoningTokens: z.int().min(0).optional(),
  /** As the vendor reports it, in US dollars. */
  costUsd: z.number().min(0).optional(),
  /** As xAI bills it: ten thousand million ticks are one US dollar. */
  costUsdTicks: z.int().min(0).optional(),
})
export type Usage = Readonly<z.infer<typeof usageSchema>>

/** Who requests a transition. The last block belongs to `ai-agent` alone. */
export const actorSchema = z.strictObject({
  type: z.enum(actorTypes),
  id: principalId,
  displayName: z.string().max(256).optional(),
  roles: z.array(z.string().min(1).max(128)).max(256).readonly().optional(),
  groups: z.array(z.string().min(1).max(128)).max(256).readonly().optional(),
  onBehalfOf: principalSchema.optional(),
  assurance: assuranceSchema.optional(),

  provider: z.string().min(1).max(128).optional(),
  modelId: z.string().min(1).max(256).optional(),
  servedModel: z.string().min(1).max(256).optional(),
  /** SHA-256 of the canonical JSON of what left for the model; lowercase hex. */
  promptHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lowercase hex')
    .optional(),
  promptVersion: z.string().min(1).max(128).optional(),
  templateHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** 0..1, as the model said of itself. */
  confidence: z.number().min(0).max(1).optional(),
  usage: usageSchema.optional(),
  /** The vendor's id of the answer; null when it sent none. */
  responseId: z.string().min(1).max(256).nullable().optional(),
  latencyMs: z.number().min(0).optional(),
  attempts: z.int().min(1).optional(),
})
export type Actor = Readonly<z.infer<typeof actorSchema>>
