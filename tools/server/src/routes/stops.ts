import type { Stop } from '@loop-engine/core'
import type { StopTarget } from '@loop-engine/runtime'
import { z } from 'zod'

import { HttpError } from '../http/http-error.ts'
import {
  aggregateIdSchema,
  idSchema,
  millisecondsSchema,
  reasonSchema,
  textSchema,
} from '../schemas/common.ts'
import { route, type Call, type Route } from './route.ts'

const tag = 'Kill switch'

const stopSchema = z
  .object({
    scope: z.string().meta({ description: 'What it covers; `*` is everything.' }),
    reason: z.string().nullable(),
    by: z.string().nullable(),
    at: millisecondsSchema,
  })
  .meta({ id: 'Stop', description: 'Nothing that it covers commits until it is released.' })

const bodySchema = z
  .strictObject({
    target: z
      .union([
        z.strictObject({ tenant: z.literal(true) }),
        z.strictObject({ loopId: textSchema(128) }),
        z.strictObject({ aggregateId: aggregateIdSchema }),
        z.strictObject({ actorId: idSchema }),
        z.strictObject({ everything: z.literal(true) }),
      ])
      .meta({
        description: '`everything` reaches beyond the tenant and needs the scope `platform`.',
      }),
    reason: reasonSchema,
  })
  .meta({ id: 'StopRequest' })

export const stopRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/stops',
    id: 'listStops',
    tag,
    summary: 'The stops in force that concern the tenant.',
    scope: 'read',
    answers: {
      200: { description: 'All of them.', schema: z.object({ items: z.array(stopSchema) }) },
    },
    handle: async (call) => ({ body: { items: await stopsFor(call) } }),
  }),
  route({
    method: 'post',
    path: '/stops',
    id: 'stop',
    tag,
    summary: 'Pulls the kill switch. Once it has answered, nothing that it covers commits.',
    scope: 'stop',
    body: bodySchema,
    answers: { 200: { description: 'The stop.', schema: stopSchema } },
    async handle(call, { body: { target, reason } }) {
      const { engine } = call.services.system
      return {
        body: await engine.stop({ target: targetOf(call, target), actor: call.actor(), reason }),
      }
    },
  }),
  route({
    method: 'post',
    path: '/stops/release',
    id: 'release',
    tag,
    summary: 'Releases a stop. Only people.',
    scope: 'operate',
    body: bodySchema,
    answers: {
      200: {
        description: 'The stops that stay.',
        schema: z.object({ items: z.array(stopSchema) }),
      },
    },
    async handle(call, { body: { target, reason } }) {
      const { engine } = call.services.system
      await engine.release({ target: targetOf(call, target), actor: call.actor(), reason })
      return { body: { items: await stopsFor(call) } }
    },
  }),
]

function targetOf(
  { tenant, principal }: Call,
  target: z.infer<typeof bodySchema>['target'],
): StopTarget {
  if ('tenant' in target) return { tenant }
  if (!('everything' in target)) return { ...target, tenant }
  if (principal.scopes.includes('platform')) return { everything: true }
  throw new HttpError(403, 'refused', 'The credential may not stop everything.', {
    reason: 'scope_missing',
    hint: 'It needs the scope platform.',
  })
}

/** A stop of everything concerns each tenant; who pulled it and why does not. */
async function stopsFor({
  services,
  tenant,
  principal,
}: Call): Promise<readonly z.infer<typeof stopSchema>[]> {
  const stops = await services.system.engine.stops()
  const platform = principal.scopes.includes('platform')
  return stops
    .filter(({ scope }) => scope === '*' || belongsTo(scope, tenant))
    .map((stop: Stop) =>
      stop.scope === '*' && !platform ? { ...stop, by: null, reason: null } : stop,
    )
}

/** Tenants of this server have no colon, so that the second part is the whole tenant. */
function belongsTo(scope: string, tenant: string): boolean {
  return scope.split(':', 2)[1] === tenant
}
