import { createSecretKey, randomBytes } from 'node:crypto'

import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createTemporalLoopSystem } from '@loop-engine/integration-temporal'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'
import { findTemporal, startPostgres, startTemporal } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'

import { approvalLoop, approvalRound } from '../approval-round.ts'
import { driveSystem, driven } from '../drive.ts'
import type { Figure, Suite } from '../figure.ts'
import { median, rates, type Contender } from '../measure.ts'

/** Compares loops on Temporal with the plain engine on the same PostgreSQL, to show what the round trips cost. */
export const temporal: Suite = async ({ quick }) => {
  if (findTemporal() === undefined) {
    console.log('temporal is left out: `npm run test:temporal` fetches its dev server.\n')
    return []
  }
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const [server, database] = await Promise.all([startTemporal(), startPostgres({ private: true })])
  try {
    const both = await open(server.address, database.url, database.schema())
    const shared = {
      against: 'the plain engine on the same PostgreSQL',
      target: { none: true },
      conditions: `${server.version}; dev server in memory; worker and callers in one process`,
    } as const
    const figures: Figure[] = []
    for (const callers of [1, 16])
      figures.push({
        ...shared,
        name: `${callers} caller(s)`,
        unit: 'transitions/s',
        ...(await rates(
          { ours: moving(both.ours, callers), baseline: moving(both.baseline, callers) },
          { ...(quick ? { rounds: 1, ms: 200 } : { rounds: 3, ms: 1500 }), batch: callers },
        )),
      })
    figures.push({
      ...shared,
      name: 'decision sent → waiting agent goes on, p50',
      unit: 'ms',
      ...(await decisionMs(both, quick ? 10 : 60)),
    })
    await both.close()
    return figures
  } finally {
    await Promise.all([server.stop(), database.stop()])
  }
}

interface Both {
  readonly ours: LoopSystem
  readonly baseline: LoopSystem
  close(): Promise<void>
}

async function open(address: string, connectionString: string, schema: string): Promise<Both> {
  const options = () => ({
    ...driven,
    loops: [...driven.loops, approvalLoop],
    store: createPostgresStore({ connectionString, schema }),
  })
  const client = new Client({ connection: await Connection.connect({ address }) })
  const connection = await NativeConnection.connect({ address })
  const historyKeys = [{ keyId: 'bench', key: createSecretKey(randomBytes(32)) }]
  const baseline = await createLoopSystem(options())
  const ours = await createTemporalLoopSystem({ ...options(), client, connection, historyKeys })
  return {
    ours,
    baseline,
    async close() {
      await Promise.all([ours.close(), baseline.close()])
      await Promise.all([client.connection.close(), connection.close()])
    },
  }
}

function moving(system: LoopSystem, callers: number): Contender {
  return { prepare: async () => ({ work: await driveSystem(system, callers) }) }
}

async function decisionMs(
  { ours, baseline }: Both,
  count: number,
): Promise<Pick<Figure, 'ours' | 'baseline'>> {
  const took: { readonly ours: number; readonly baseline: number }[] = []
  for (let index = 0; index < count; index++)
    took.push({
      ours: await approvalRound(ours, `ours-${index}`),
      baseline: await approvalRound(baseline, `baseline-${index}`),
    })
  // The first tenth warms up.
  const counted = took.slice(count / 10)
  return {
    ours: median(counted.map((round) => round.ours)),
    baseline: median(counted.map((round) => round.baseline)),
  }
}
