import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { authenticate } from '../access/authenticate.ts'
import { accountOf } from '../access/principal.ts'
import {
  createEventStream,
  eventsOf,
  placeText,
  readPlace,
  type Place,
} from '../events/event-stream.ts'
import { HttpError } from '../http/http-error.ts'
import {
  idSchema,
  jsonObjectSchema,
  limitSchema,
  pageOf,
  queryNumber,
  textSchema,
} from '../schemas/common.ts'
import { route, type Call, type Route } from './route.ts'

const tag = 'Events'
const filter = {
  loopId: textSchema(128).optional(),
  aggregateId: idSchema.optional(),
  runId: idSchema.optional(),
  actorId: idSchema.optional(),
  type: z
    .string()
    .regex(/^loop(\.[a-z]+){0,3}$/)
    .optional()
    .meta({
      description:
        'A type such as `loop.approval.requested`, or the beginning of one, such as `loop.approval`.',
    }),
}

const eventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: z.string(),
    datacontenttype: z.literal('application/json'),
    sequence: z.string(),
    partitionkey: z.string(),
    traceparent: z.string().optional(),
    data: jsonObjectSchema,
  })
  .meta({ id: 'CloudEvent' })

export const eventRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/events',
    id: 'streamEvents',
    tag,
    summary: 'A live stream of events: CloudEvents in server-sent events.',
    description:
      'With `Last-Event-ID` (or `lastEventId`) the stream begins right behind that event; nothing is skipped or repeated. Without it the stream begins now, or `last` entries ago.',
    scope: 'read',
    query: z.strictObject({
      ...filter,
      lastEventId: z.string().max(64).optional(),
      last: queryNumber(z.int().min(0).max(100_000)).optional(),
    }),
    answers: { 200: { description: 'A stream that does not end.', type: 'text/event-stream' } },
    async handle(call, { query: { lastEventId, last = 0, ...query } }) {
      const { services, tenant, principal } = call
      const given = call.request.headers.get('last-event-id') ?? lastEventId
      const size = await services.events.size(tenant)
      const after: Place =
        given === undefined || given === ''
          ? { index: Math.max(0, size - last), event: -1 }
          : readPlace(given, size)
      const { clock, draining, streams, stream } = services
      if (draining.aborted)
        throw new LoopError('unavailable', 'The server is going down.', { retryable: true })
      const headers = {
        'content-type': 'text/event-stream; charset=utf-8',
        'x-accel-buffering': 'no',
      }
      if (call.request.method === 'HEAD') return new Response(null, { headers })
      const leave = streams.enter(accountOf(principal))
      if (!leave)
        throw new HttpError(429, 'rate_limited', 'The credential has too many streams open.', {
          retryable: true,
          headers: { 'retry-after': '10' },
        })
      const body = createEventStream({
        log: services.events,
        tenant,
        query,
        after,
        clock,
        signal: draining,
        check: () => stillGood(call),
        ...stream,
        drop: call.drop,
        onEnd: leave,
      })
      return new Response(body, { headers })
    },
  }),
  route({
    method: 'get',
    path: '/activity',
    id: 'listActivity',
    tag,
    summary: 'Events that were committed, newest first.',
    scope: 'read',
    query: z.strictObject({
      ...filter,
      limit: limitSchema,
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    }),
    answers: {
      200: {
        description:
          'A page. Send `place` to `/events` as the last event id to continue from there.',
        schema: pageOf(z.object({ place: z.string(), event: eventSchema })),
      },
    },
    async handle({ services, tenant }, { query: { limit = 100, cursor, ...query } }) {
      const size = await services.events.size(tenant)
      const items: { place: string; event: unknown }[] = []
      let until = Math.min(size, cursor === undefined ? size : Number(cursor))
      // A filter that few events match gets a short page and not a long wait.
      for (let pages = 0; until > 0 && items.length < limit && pages < 20; pages++) {
        const from = Math.max(0, until - Math.min(100, limit))
        const page = await services.events.read(tenant, from, until - from)
        const found = eventsOf(page, query).toReversed()
        items.push(...found.map(({ place, event }) => ({ place: placeText(place), event })))
        until = from
      }
      return { body: { items, cursor: until > 0 ? `${until}` : undefined } }
    },
  }),
]

/** Checks the credential again, because a stream lasts long after its request was authenticated. */
async function stillGood({ services, request, principal }: Call): Promise<void> {
  if (principal.expiresAt !== null && principal.expiresAt <= services.clock.now())
    throw new LoopError('auth', 'The credential has expired.')
  if (principal.kind !== 'oidc') await authenticate(request, services)
}
