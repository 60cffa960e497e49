import type { LoopInstance } from '@loop-engine/core'
import type { ChangeInput } from '@loop-engine/runtime'
import { z } from 'zod'

import type { Scope } from '../access/principal.ts'
import { etagHeader, etagOf, expectedBy } from '../http/etag.ts'
import {
  aggregateIdSchema,
  idSchema,
  jsonObjectSchema,
  reasonSchema,
  textSchema,
} from '../schemas/common.ts'
import { instanceSchema } from '../schemas/instance.ts'
import { route, type Answer, type Call, type Route } from './route.ts'

const tag = 'Instances'
const params = z.object({ aggregateId: aggregateIdSchema })
const answers = {
  200: {
    description: 'The run after the change.',
    schema: instanceSchema,
    headers: etagHeader,
  },
}
const common = { method: 'post', tag, ifMatch: true, params, answers } as const

export const runChangeRoutes: readonly Route[] = [
  change('cancel', 'run', 'Cancels a run for good.'),
  change('fail', 'run', 'Ends a run as failed.'),
  change('suspend', 'run', 'Suspends a run until it is resumed.'),
  change('resume', 'operate', 'Resumes a suspended run. Only people can.'),
  route({
    ...common,
    path: '/instances/{aggregateId}/migrate',
    id: 'migrateInstance',
    summary: 'Moves a run to the definition that is served now. Only people can.',
    scope: 'operate',
    body: z.strictObject({ reason: reasonSchema, state: textSchema(128).optional() }),
    async handle(call, { params: { aggregateId }, body }) {
      const { engine } = call.services.system
      return changed(await engine.migrate({ ...inputOf(call, aggregateId), ...body }))
    },
  }),
  route({
    ...common,
    path: '/instances/{aggregateId}/erase',
    id: 'eraseEvidence',
    summary: 'Deletes the evidence of one entry; the record still verifies. Only people can.',
    scope: 'operate',
    body: z.strictObject({
      reason: reasonSchema,
      seq: z.int().min(1),
      runId: idSchema.optional().meta({
        description: 'An older run of the business key; the newest one if left out.',
      }),
    }),
    async handle(call, { params: { aggregateId }, body }) {
      const { engine } = call.services.system
      return changed(await engine.erase({ ...inputOf(call, aggregateId), ...body }))
    },
  }),
]

function change(
  name: 'cancel' | 'fail' | 'suspend' | 'resume',
  scope: Scope,
  summary: string,
): Route {
  return route({
    ...common,
    path: `/instances/{aggregateId}/${name}`,
    id: `${name}Instance`,
    summary,
    scope,
    body: z.strictObject({ reason: reasonSchema, evidence: jsonObjectSchema.optional() }),
    async handle(call, { params: { aggregateId }, body }) {
      const { engine } = call.services.system
      return changed(await engine[name]({ ...inputOf(call, aggregateId), ...body }))
    },
  })
}

function inputOf(call: Call, aggregateId: string): Omit<ChangeInput, 'reason'> {
  const expected = expectedBy(call.request.headers.get('if-match'))
  return { tenant: call.tenant, aggregateId, actor: call.actor(), ...(expected && { expected }) }
}

function changed(run: LoopInstance): Answer {
  return { body: run, headers: { etag: etagOf(run) } }
}
