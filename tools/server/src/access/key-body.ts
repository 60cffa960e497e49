import { LoopError, toPointer } from '@loop-engine/core'
import { z } from 'zod'

import { textSchema } from '../schemas/common.ts'
import { scopes, type Scope } from './principal.ts'

/** The actor that a key stands for: a program or an agent, never a person. */
export const keyActorSchema = z.strictObject({
  type: z.enum(['automation', 'ai-agent']),
  id: textSchema(256),
  displayName: z.string().max(256).optional(),
  onBehalfOf: z
    .strictObject({
      type: z.enum(['human', 'automation', 'ai-agent', 'system']),
      id: textSchema(256),
    })
    .optional()
    .meta({ description: 'The principal for whom it acts. Four-eyes counts the two as one.' }),
})

export const bodySchema = z.object({
  name: z.string(),
  actor: keyActorSchema,
  roles: z.array(z.string()),
  scopes: z.array(z.enum(scopes)),
  createdBy: z.string(),
})

const newKeySchema = z.strictObject({
  ...bodySchema.shape,
  tenant: z.string(),
  roles: bodySchema.shape.roles.default([]),
  expiresAt: z.int().nullish(),
})

export interface NewApiKey {
  readonly tenant: string
  readonly name: string
  readonly actor: z.infer<typeof keyActorSchema>
  readonly roles?: readonly string[]
  readonly scopes: readonly Scope[]
  readonly expiresAt?: number
  /** Who made the key, shown in the list of keys. */
  readonly createdBy: string
}

/** Checks a new key. Throws `invalid_config` with the path of a field that is wrong or unknown. */
export function readNewKey(input: NewApiKey): z.infer<typeof newKeySchema> {
  const read = newKeySchema.safeParse(input)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const stray = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  throw new LoopError('invalid_config', 'The new key is not valid.', {
    path: toPointer([...(issue?.path ?? []), ...stray]),
    hint: issue?.message,
  })
}
