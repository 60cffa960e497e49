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
    scope: z.string().meta({ description: 'What the stop covers; `*` is everything.' }),
    reason: z.string().nullable(),
    by: z.string().nullable(),
    at: millisecondsSchema,
  })
  .meta({
    id: 'Stop',
    description: 'Until a stop is released, nothing that it covers is committed.',
  })

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
        description: '`everything` covers all tenants and needs the scope `platform`.',
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
    summary: 'The stops in force that cover anything of the tenant.',
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
    summary: 'Pulls the kill switch. After the answer nothing that the stop covers is committed.',
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
    summary: 'Releases a stop. Only people can.',
    scope: 'operate',
    body: bodySchema,
    answers: {
      200: {
        description: 'The stops that are still in force.',
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
  throw new HttpError(
    403,
    'refused',
    'The credential does not permit stopping or releasing everything.',
    {
      reason: 'scope_missing',
      hint: 'It needs the scope platform.',
    },
  )
}

/** A stop of everything is shown to every tenant, but only `platform` sees who pulled it and why. */
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

/** The second part of a scope is the tenant: tenants of this server contain no colon. */
function belongsTo(scope: string, tenant: string): boolean {
  return scope.split(':', 2)[1] === tenant
}
