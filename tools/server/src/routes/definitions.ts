import { digestOf, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { hashSchema, jsonObjectSchema, textSchema } from '../schemas/common.ts'
import { findDefinition } from './find-definition.ts'
import { route, type Route } from './route.ts'

const definitionSchema = z
  .object({ digest: hashSchema, definition: jsonObjectSchema })
  .meta({ id: 'Definition', description: 'A loop, and the digest to which its runs are pinned.' })

const summarySchema = z.object({
  id: z.string(),
  version: z.string(),
  name: z.string(),
  description: z.string().optional(),
  digest: hashSchema,
  states: z.int(),
  transitions: z.int(),
})

export const definitionRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/definitions',
    id: 'listDefinitions',
    tag: 'Definitions',
    summary: 'The loops that can be started.',
    scope: 'read',
    answers: {
      200: { description: 'All of them.', schema: z.object({ items: z.array(summarySchema) }) },
    },
    handle: ({ services }) => ({
      body: {
        items: services.loops.map((loop) => ({
          id: loop.id,
          version: loop.version,
          name: loop.name,
          description: loop.description,
          digest: digestOf(loop),
          states: loop.states.length,
          transitions: loop.transitions.length,
        })),
      },
    }),
  }),
  route({
    method: 'get',
    path: '/definitions/{loopId}',
    id: 'getDefinition',
    tag: 'Definitions',
    summary: 'One loop in its canonical form.',
    scope: 'read',
    params: z.object({ loopId: textSchema(128) }),
    answers: { 200: { description: 'The loop.', schema: definitionSchema } },
    handle({ services }, { params }) {
      const definition = services.loops.find(({ id }) => id === params.loopId)
      if (definition) return { body: { digest: digestOf(definition), definition } }
      throw new LoopError('not_found', 'No loop of this id can be started here.')
    },
  }),
  route({
    method: 'get',
    path: '/definitions/pinned/{digest}',
    id: 'getPinnedDefinition',
    tag: 'Definitions',
    summary:
      'The loop with this digest, also if a newer version is served. Runs are pinned to a digest.',
    scope: 'read',
    params: z.object({ digest: hashSchema }),
    answers: { 200: { description: 'The loop.', schema: definitionSchema } },
    async handle({ services }, { params: { digest } }) {
      const found = await findDefinition(services, digest)
      if (found === null) throw new LoopError('not_found', 'No loop has this digest.')
      if (!found.success) throw found.error
      return { body: { digest, definition: found.data } }
    },
  }),
]
