import { DBOS } from '@dbos-inc/dbos-sdk'

import { smallEvidence } from './bench-loop.ts'
import { inTurns, type Driven } from './drive.ts'

const oneStep = DBOS.registerWorkflow(
  async (input: object) => DBOS.runStep(async () => input, { name: 'step' }),
  { name: 'oneStep' },
)

/** Lets `callers` at a time run a workflow of one step that does nothing, and wait for its result. */
export async function driveDbos(url: string, callers: number): Promise<Driven> {
  const systemDatabaseUrl = new URL('/bench_dbos', url).href
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl, logLevel: 'error' })
  await DBOS.launch()
  return {
    work: inTurns(callers, async () => {
      await oneStep({ ...smallEvidence })
    }),
    done: () => DBOS.shutdown(),
  }
}
