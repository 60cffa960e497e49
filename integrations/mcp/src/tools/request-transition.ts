import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

import { outcomeOf, outcomeSchema } from '../outcome.ts'
import { aggregateIdSchema, idSchema, jsonObjectSchema, keySchema } from '../schemas.ts'
import { runOf } from '../session.ts'
import { defineTool } from '../tool.ts'

export const requestTransition = defineTool({
  name: 'request_transition',
  title: 'Request a transition',
  description:
    'Asks for a transition; rules judge it, and people where a policy says so. It answers at once: `pending` means that a person has to decide, which may take days. To learn the outcome, repeat the call with the same key, or call get_approval. A refusal is on record: do not repeat it unchanged under a new key.',
  changes: true,
  input: z.strictObject({
    aggregateId: aggregateIdSchema,
    transitionId: idSchema,
    evidence: jsonObjectSchema
      .optional()
      .describe('What the decision rests on. It is judged, recorded and shown to reviewers.'),
    idempotencyKey: keySchema,
    expected: z
      .strictObject({ runId: idSchema, version: z.int().min(1) })
      .optional()
      .describe('The run as you saw it; if it has moved since, nothing is done.'),
  }),
  output: outcomeSchema,
  async run(input, session, context) {
    await runOf(session, input.aggregateId)
    const { engine, approvals, tenant, agent } = session
    const result = await engine.transition({ ...input, tenant, actor: agent })
    const request =
      result.status === 'pending_approval'
        ? await approvals.get({ id: result.approvalId, tenant })
        : null
    const outcome = outcomeOf(result, request, session)
    // The client is asked to open the page once. Its next call is recognised by the key, not by what it answers.
    if (outcome.decisionUrl === undefined || outcome.replayed || !canOpenPage(context))
      return outcome
    return inputRequired({
      inputRequests: {
        decision: inputRequired.elicitUrl({
          message:
            'A person has to decide about this request. Opening the page decides nothing: sign in there if you may decide.',
          url: outcome.decisionUrl,
        }),
      },
    })
  },
})

const opensPages = z.looseObject({
  [CLIENT_CAPABILITIES_META_KEY]: z.looseObject({
    elicitation: z.looseObject({ url: z.looseObject({}) }),
  }),
})

/**
 * Whether the request says that its client can open pages. Older clients would hold the call open until somebody
 * answers.
 */
function canOpenPage({ mcpReq }: ServerContext): boolean {
  return opensPages.safeParse(mcpReq.envelope).success
}
