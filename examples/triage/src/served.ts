import { mkdirSync } from 'node:fs'

import { createTicketIntegration } from './tickets/ticket-integration.ts'
import { createTicketDesk } from './tickets/tickets.ts'

/** The module for `loop serve --with`: the integration that files tickets for approved remediations. */
mkdirSync('.loop', { recursive: true })
export const integrations = [createTicketIntegration(createTicketDesk('.loop/tickets.db'))]
