import { generateKeySync } from 'node:crypto'

import { createTemporalLoopSystem } from '@loop-engine/integration-temporal'
import {
  createLoopSystem,
  createMemoryStore,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import { checkInvariants, startTemporal } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { carryOut } from '../carry-out.ts'
import { commands, type Command } from '../commands.ts'
import { openSystem, worldOf } from '../journey.ts'
import { bodiesOf } from '../scenario.ts'

Runtime.install({ logger: new DefaultLogger('ERROR') })

type Create = (options: LoopSystemOptions) => Promise<LoopSystem>

test(
  'the same commands have the same answers and record the same bytes on Temporal',
  { timeout: 600_000 },
  async () => {
    const server = await startTemporal()
    const connection = await NativeConnection.connect({ address: server.address })
    const client = new Client({ connection: await Connection.connect({ address: server.address }) })
    const numRuns = Number(process.env['PROOF_LISTS'] ?? 8)
    const lists = fc.sample(commands, { numRuns, seed: 20260105 })
    const historyKeys = [{ keyId: 'k1', key: generateKeySync('aes', { length: 256 }) }]
    let runs = 0
    for (const list of lists) {
      const taskQueue = `proof-${++runs}`
      const onTemporal: Create = (options) =>
        createTemporalLoopSystem({
          ...options,
          client,
          historyKeys,
          connection,
          taskQueue,
          stepId: counter(),
        })
      const expected = await record(list, (options) =>
        withKeys(createLoopSystem(options), taskQueue),
      )
      expect(await record(list, onTemporal)).toEqual(expected)
    }
    await connection.close()
    await client.connection.close()
    await server.stop()
  },
)

function counter(): () => string {
  let steps = 0
  return () => `step-${++steps}`
}

/** The plain system, given the keys that are derived from the workflow and the step. */
async function withKeys(opening: Promise<LoopSystem>, taskQueue: string): Promise<LoopSystem> {
  const system = await opening
  const step = counter()
  const key = <Input extends { readonly idempotencyKey?: string }>(
    input: Input,
    aggregateId: string,
  ): Input => ({
    ...input,
    idempotencyKey: input.idempotencyKey ?? `loop/${taskQueue}/default/${aggregateId}/${step()}`,
  })
  return {
    ...system,
    engine: {
      ...system.engine,
      start: (input) => system.engine.start(key(input, input.aggregateId)),
      transition: (input) => system.engine.transition(key(input, input.aggregateId)),
    },
    approvals: {
      ...system.approvals,
      async decide(input) {
        const request = await system.approvals.get({ id: input.requestId })
        return system.approvals.decide(key(input, request?.aggregateId ?? ''))
      },
    },
  }
}

async function record(
  list: readonly Command[],
  create: Create,
): Promise<{ answers: readonly string[]; bodies: readonly string[] }> {
  const store = createMemoryStore({ durability: 'power' })
  const { system, clock, effects } = await openSystem(store, 'run', { concurrency: 1 }, create)
  const answers: string[] = []
  for (const command of list) answers.push(await carryOut(command, system, clock))
  const world = worldOf(store, effects)
  expect(await checkInvariants({ ...world, effects: undefined })).toEqual([])
  const bodies = await bodiesOf(world)
  await system.close()
  return { answers, bodies }
}
