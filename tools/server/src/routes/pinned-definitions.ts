import { loopDefinitionSchema, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { route, type Route } from '../route.ts'
import { hashSchema } from '../schemas/common.ts'
import { definitionSchema } from './definitions.ts'

export const pinnedDefinitionRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/definitions/pinned/{digest}',
    id: 'getPinnedDefinition',
    tag: 'Definitions',
    summary: 'The loop that runs with this digest are pinned to, also when there is a newer one.',
    scope: 'read',
    params: z.object({ digest: hashSchema }),
    answers: { 200: { description: 'The loop.', schema: definitionSchema } },
    async handle({ services: { definitions, store } }, { params: { digest } }) {
      const known = definitions.get(digest)
      if (known) return { body: { digest, definition: known } }
      const text = await store.definition(digest)
      if (text === null) throw new LoopError('not_found', 'No loop has this digest.')
      const definition = loopDefinitionSchema.parse(JSON.parse(text))
      definitions.set(digest, definition)
      return { body: { digest, definition } }
    },
  }),
]
