import type { Integration } from '@loop-engine/sdk'

import { ticketRequestSchema, type TicketDesk } from './tickets.ts'

/** The key is not the loop's to say: it is the engine's. */
const inputSchema = ticketRequestSchema.omit({ idempotencyKey: true }).strict()

/** The system of record. The engine calls it with a spent receipt, and with the same key however often it must repeat. */
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
