import type { Integration } from '@loop-engine/sdk'

import { ticketRequestSchema, type TicketDesk } from './tickets.ts'

/** Without the idempotency key, which the engine gives and not the loop. */
const inputSchema = ticketRequestSchema.omit({ idempotencyKey: true }).strict()

/** The integration with the system of record. The engine calls it with a spent receipt; each retry has the same key. */
export function createTicketIntegration(desk: TicketDesk): Integration {
  return {
    contract: 'integration/v1',
    name: 'tickets',
    actions: {
      file: {
        input: inputSchema,
        async run(input, { idempotencyKey }) {
          const { id } = desk.file({ ...inputSchema.parse(input), idempotencyKey })
          return { ticket: id }
        },
      },
    },
  }
}
