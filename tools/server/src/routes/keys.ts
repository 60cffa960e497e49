import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { bodySchema, keyActorSchema } from '../access/key-body.ts'
import { scopes } from '../access/principal.ts'
import { HttpError } from '../http/http-error.ts'
import { millisecondsSchema, pageOf, pageQuery, textSchema } from '../schemas/common.ts'
import { route, type Call, type Route } from './route.ts'

const tag = 'Keys'
const keySchema = z
  .object({
    id: z.string().meta({ description: 'The id of the key; its secret begins with it.' }),
    tenant: z.string(),
    ...bodySchema.shape,
    createdAt: millisecondsSchema,
    expiresAt: millisecondsSchema.nullable(),
    revokedAt: millisecondsSchema.nullable(),
    usedAt: millisecondsSchema.nullable(),
    previousUntil: millisecondsSchema.nullable(),
  })
  .meta({ id: 'ApiKey' })
const withSecret = z.object({
  key: keySchema,
  secret: z
    .string()
    .meta({ description: 'The secret. It is shown only now, and the server does not keep it.' }),
})
const params = z.object({ id: z.string().regex(/^lk_[a-z0-9]{12}$/) })
const day = 86_400_000

export const keyRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/keys',
    id: 'listKeys',
    tag,
    summary: 'API keys, oldest first, including revoked ones.',
    scope: 'keys',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page.', schema: pageOf(keySchema) } },
    handle({ services, tenant }, { query }) {
      return { body: services.access.keys.list({ tenant, ...query }) }
    },
  }),
  route({
    method: 'post',
    path: '/keys',
    id: 'createKey',
    tag,
    summary:
      'Makes an API key for a program or an agent. Only people can, and the key may do no more than they may themselves.',
    scope: 'keys',
    body: z
      .strictObject({
        name: textSchema(128),
        actor: keyActorSchema,
        roles: z.array(textSchema(128)).max(64).optional(),
        scopes: z.array(z.enum(scopes)).min(1),
        expiresInDays: z.int().min(1).max(3650).optional(),
      })
      .meta({ id: 'NewKey' }),
    answers: { 201: { description: 'The key and its secret.', schema: withSecret } },
    handle(call, { body: { expiresInDays, ...body } }) {
      const { services, tenant } = call
      refuseMoreThanOwn(call, body.scopes, body.roles ?? [])
      const made = services.access.keys.create({
        ...body,
        tenant,
        createdBy: creatorOf(call),
        ...(expiresInDays !== undefined && {
          expiresAt: services.clock.now() + expiresInDays * day,
        }),
      })
      return { status: 201, body: made }
    },
  }),
  route({
    method: 'post',
    path: '/keys/{id}/rotate',
    id: 'rotateKey',
    tag,
    summary:
      'Makes a new secret. The secret before it is accepted a while longer; older ones are not. Only people can, and only for keys that may do no more than they.',
    scope: 'keys',
    params,
    body: z.strictObject({ overlapSeconds: z.int().min(0).max(2_592_000).optional() }),
    bodyOptional: true,
    answers: { 200: { description: 'The key and its new secret.', schema: withSecret } },
    handle(call, { params: { id }, body: { overlapSeconds = 86_400 } }) {
      const { services, tenant } = call
      creatorOf(call)
      const key = services.access.keys.get(tenant, id)
      // Whoever learns the new secret may do what the key may do.
      if (key) refuseMoreThanOwn(call, key.scopes, key.roles)
      const rotated = services.access.keys.rotate(tenant, id, overlapSeconds * 1000)
      if (!rotated) throw new LoopError('not_found', 'No key that is in use has this id.')
      return { body: rotated }
    },
  }),
  route({
    method: 'delete',
    path: '/keys/{id}',
    id: 'revokeKey',
    tag,
    summary: 'Revokes a key at once and for ever. Only people can.',
    scope: 'keys',
    params,
    answers: { 200: { description: 'The key.', schema: keySchema } },
    handle(call, { params: { id } }) {
      creatorOf(call)
      const key = call.services.access.keys.revoke(call.tenant, id)
      if (!key) throw new LoopError('not_found', 'No key has this id.')
      return { body: key }
    },
  }),
]

/** Who manages the key. Throws for programs and agents, which must not give themselves or others access. */
function creatorOf({ principal: { actor } }: Call): string {
  if (actor.type === 'human') return `${actor.type}:${actor.id}`
  throw new HttpError(403, 'refused', 'Only a person can manage keys.', { reason: 'not_a_person' })
}

function refuseMoreThanOwn(
  { principal }: Call,
  granted: readonly string[],
  roles: readonly string[],
): void {
  const own: readonly string[] = principal.scopes
  const ownRoles = principal.actor.roles ?? []
  const tooMuch =
    granted.some((scope) => !own.includes(scope)) ||
    (!own.includes('platform') && roles.some((role) => !ownRoles.includes(role)))
  if (tooMuch)
    throw new HttpError(
      403,
      'refused',
      'The key may do more than you, so you cannot make it or renew its secret.',
      {
        reason: 'more_than_own',
      },
    )
}
