import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseLoop } from '@loop-engine/dsl'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import {
  createLoopSystem,
  type Actor,
  type LoopDefinition,
  type LoopStore,
  type LoopSystem,
} from '@loop-engine/sdk'

import { openDataFolder } from './data-folder.ts'
import { createAsk } from './proposals/asking.ts'
import { createModelProvider } from './proposals/model-provider.ts'
import type { Proposer } from './proposals/proposer.ts'
import { createRulesProvider } from './proposals/rules-provider.ts'
import { createReviews, type Reviews } from './reviews.ts'
import { createTicketIntegration } from './tickets/ticket-integration.ts'
import { createTicketDesk, type TicketDesk } from './tickets/tickets.ts'
import { createTriage, type Triage } from './triage.ts'

/** The opened parts of the job. */
export interface TriageJob {
  readonly store: LoopStore
  readonly system: LoopSystem
  readonly loop: LoopDefinition
  readonly triage: Triage
  readonly reviews: Reviews
  readonly desk: TicketDesk
  /** Lets deliveries in progress finish, then closes the files. */
  close(): Promise<void>
}

export interface TriageJobOptions {
  readonly data: string
  readonly reviewer: Actor
  readonly proposer: Proposer
  /** Abandons a question to a model. */
  readonly abort: AbortSignal
  readonly onError: (error: unknown) => void
}

/** The store of a data directory, not open yet. */
export function createStore(data: string): LoopStore {
  openDataFolder(data)
  return createSqliteStore({ path: join(data, 'loop.db') })
}

export async function openTriageJob(
  store: LoopStore,
  { data, reviewer, proposer, abort, onError }: TriageJobOptions,
): Promise<TriageJob> {
  const file = new URL('triage.loop.yaml', import.meta.url)
  const loop = parseLoop(readFileSync(file, 'utf8'), { file: 'triage.loop.yaml' })
  const provider =
    proposer.provider === 'rules' ? createRulesProvider() : await createModelProvider(proposer)
  const desk = createTicketDesk(join(data, 'tickets.db'))
  const system = await createLoopSystem({
    loops: [loop],
    store,
    integrations: [createTicketIntegration(desk)],
    // Short, so that a start after a crash soon takes over the deliveries of the dead process.
    limits: { leaseMs: 2000 },
    onError,
  })
  return {
    store,
    system,
    loop,
    desk,
    triage: createTriage({
      engine: system.engine,
      loop,
      ask: createAsk(provider, abort),
      startId: randomUUID(),
    }),
    reviews: createReviews({ system, loopId: loop.id, reviewer }),
    async close() {
      await system.close()
      desk.close()
    },
  }
}
