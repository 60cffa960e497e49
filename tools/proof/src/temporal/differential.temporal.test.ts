import { generateKeySync } from 'node:crypto'

import { createTemporalLoopSystem } from '@loop-engine/integration-temporal'
import {
  createLoopSystem,
  createMemoryStore,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import { startTemporal } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { commands } from '../commands.ts'
import { recordList } from '../record-list.ts'
import { connectTemporal } from './connect-temporal.ts'

const emptyStore = () => createMemoryStore({ durability: 'power' })

test(
  'the same commands give the same answers and record the same bytes on Temporal',
  { timeout: 600_000 },
  async () => {
    const server = await startTemporal()
    const { client, connection, disconnect } = await connectTemporal(server.address)
    const numRuns = Number(process.env['PROOF_LISTS'] ?? 8)
    const lists = fc.sample(commands, { numRuns, seed: 20260105 })
    const historyKeys = [{ keyId: 'k1', key: generateKeySync('aes', { length: 256 }) }]
    let runs = 0
    for (const list of lists) {
      const taskQueue = `proof-${++runs}`
      const onTemporal = (options: LoopSystemOptions): Promise<LoopSystem> =>
        createTemporalLoopSystem({
          ...options,
          client,
          historyKeys,
          connection,
          taskQueue,
          stepId: counter(),
        })
      const expected = await recordList(list, emptyStore(), (options) =>
        withKeys(createLoopSystem(options), taskQueue),
      )
      expect(expected.violations).toEqual([])
      expect(await recordList(list, emptyStore(), onTemporal)).toEqual(expected)
    }
    await disconnect()
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
      // These bear no key; but on Temporal each is a step.
      async delegate(input) {
        step()
        return system.approvals.delegate(input)
      },
      async withdraw(input) {
        step()
        return system.approvals.withdraw(input)
      },
    },
  }
}
