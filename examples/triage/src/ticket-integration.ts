import type { Integration } from '@loop-engine/sdk'
import { z } from 'zod'

import { remediations } from './rules.ts'
import { severities } from './severity.ts'
import type { TicketDesk } from './tickets.ts'

const inputSchema = z.strictObject({
  key: z.string().min(1),
  title: z.string().min(1),
  severity: z.enum(severities),
  remediation: z.enum(remediations),
  repository: z.string().nullable(),
  url: z.string(),
  rationale: z.string(),
})

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
