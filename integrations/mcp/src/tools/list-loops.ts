import { z } from 'zod'

import { cutList } from '../cut-list.ts'
import { definitionUri } from '../resources.ts'
import { cursorSchema, limitSchema, pageOf } from '../schemas.ts'
import { defineTool } from '../tool.ts'

export const listLoops = defineTool({
  name: 'list_loops',
  title: 'List loops',
  description:
    'The loops that you may see, with their purpose and the address of their definition.',
  input: z.strictObject({ limit: limitSchema, cursor: cursorSchema }),
  output: pageOf(
    z.object({
      loopId: z.string(),
      version: z.string(),
      name: z.string(),
      description: z.string().optional(),
      initialState: z.string(),
      states: z.int(),
      startable: z.boolean().describe('Whether start_run takes it.'),
      definition: z.string().describe('The URI of a resource.'),
    }),
  ),
  async run(page, { loops, startable, principal }) {
    return cutList(
      [...loops.values()].map(({ loop }) => ({
        loopId: loop.id,
        version: loop.version,
        name: loop.name,
        ...(loop.description !== undefined && { description: loop.description }),
        initialState: loop.initialState,
        states: loop.states.length,
        startable: startable.has(loop.id) && principal.readOnly !== true,
        definition: definitionUri(loop.id),
      })),
      page,
    )
  },
})
