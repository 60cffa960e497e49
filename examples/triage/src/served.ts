import { mkdirSync } from 'node:fs'

import { createTicketIntegration } from './tickets/ticket-integration.ts'
import { createTicketDesk } from './tickets/tickets.ts'

/** What `loop serve --with` needs beside the loop: the desk at which approved remediations end. */
mkdirSync('.loop', { recursive: true })
export const integrations = [createTicketIntegration(createTicketDesk('.loop/tickets.db'))]
