import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

import { described } from './described.ts'
import { readInput } from './fault.ts'
import { asProtocolError } from './protocol-error.ts'
import { aggregateIdSchema } from './schemas.ts'
import { runOf, type Session } from './session.ts'
import { notice } from './untrusted.ts'

const maxTransitions = 50
const inputSchema = z.object({ aggregateId: aggregateIdSchema })
// Made once, because a server is made for every request.
const shown = described(inputSchema, 'input')

/** The prompt "What may I do next?", with the state of a run and the transitions that its agent may request now. */
export function registerNextSteps(server: McpServer, session: Session): void {
  server.registerPrompt(
    'what_may_i_do_next',
    {
      title: 'What may I do next?',
      description: 'The state of a run, and what may be requested in it now.',
      argsSchema: shown,
    },
    async (value: unknown) => {
      try {
        const { aggregateId } = readInput(inputSchema, value ?? {})
        const text = await nextSteps(session, aggregateId)
        return { messages: [{ role: 'user', content: { type: 'text', text } }] }
      } catch (error) {
        throw asProtocolError(error, session)
      }
    },
  )
}

async function nextSteps(session: Session, aggregateId: string): Promise<string> {
  const { loopId, currentState, status, openApprovals } = await runOf(session, aggregateId)
  const { engine, tenant, agent } = session
  const available = await engine.available({ tenant, aggregateId, actor: agent })
  const data = {
    aggregateId,
    loopId,
    state: currentState,
    status,
    openApprovals,
    transitions: available.slice(0, maxTransitions),
  }
  return [
    'What may I do next in this run? Say which transitions you may request, what each needs, and who has to approve it; then stop and ask me. Request nothing yet.',
    'Guards that need evidence are listed as reasons: list_transitions tells whether what you have suffices. Where approval is needed, request_transition answers `pending` and a person decides.',
    notice,
    JSON.stringify(data),
  ].join('\n\n')
}
