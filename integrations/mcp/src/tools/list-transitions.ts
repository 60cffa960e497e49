import { z } from 'zod'

import { cutList } from '../cut-list.ts'
import {
  aggregateIdSchema,
  cursorSchema,
  jsonObjectSchema,
  limitSchema,
  pageOf,
} from '../schemas.ts'
import { runOf } from '../session.ts'
import { defineTool } from '../tool.ts'

export const listTransitions = defineTool({
  name: 'list_transitions',
  title: 'List what may be done next',
  description:
    'The transitions that leave the current state, whether you may request them now, and why not. Nothing is done.',
  input: z.strictObject({
    aggregateId: aggregateIdSchema,
    evidence: jsonObjectSchema.optional().describe('What you would attach; guards judge it.'),
    limit: limitSchema,
    cursor: cursorSchema,
  }),
  output: pageOf(
    z.object({
      transitionId: z.string(),
      to: z.string(),
      allowed: z.boolean(),
      reasons: z.array(z.string()).describe('Why not: a reason, or guards that do not pass.'),
      needsApproval: z.enum(['never', 'always', 'depends']),
      description: z.string().optional(),
      risk: z.string().optional(),
      effect: z.string().optional().describe('What runs afterwards: integration.action'),
      evidence: z.unknown().optional().describe('The JSON Schema of what has to be attached.'),
    }),
  ),
  async run({ aggregateId, evidence, ...page }, session) {
    const run = await runOf(session, aggregateId)
    const { engine, tenant, agent, loops } = session
    const available = await engine.available({
      tenant,
      aggregateId,
      actor: agent,
      ...(evidence && { evidence }),
    })
    const known = loops.get(run.loopId)
    // A run keeps the definition that it started with, which may be older than the one shown.
    const transitions = known?.digest === run.definition.digest ? known.loop.transitions : []
    return cutList(
      available.map(({ transitionId, to, allowed, reasons, needsApproval }) => {
        const {
          description,
          risk,
          effect,
          evidence: schema,
        } = transitions.find(({ id }) => id === transitionId) ?? {}
        return {
          transitionId,
          to,
          allowed,
          reasons,
          needsApproval,
          ...(description !== undefined && { description }),
          ...(risk !== undefined && { risk }),
          ...(effect && { effect: `${effect.integration}.${effect.action}` }),
          ...(schema && { evidence: bounded(schema) }),
        }
      }),
      page,
    )
  },
})

const maxSchemaLength = 8000

function bounded(schema: object): object {
  if (JSON.stringify(schema).length <= maxSchemaLength) return schema
  return { $comment: 'Too long to be shown here: read the definition of the loop.' }
}
