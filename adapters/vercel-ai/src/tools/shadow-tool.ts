import { quiet, type JsonObject } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import type { Governed } from '../calls/call-judge.ts'
import { createCallLedger, type ToolCall } from '../calls/call-ledger.ts'
import { takeInput } from '../calls/take-input.ts'
import { contextOf } from './call-context.ts'
import type { CallSite } from './call-site.ts'
import type { ToolLike } from './govern-options.ts'
import { finish, isGenerator } from './stream-of.ts'

interface ShadowOptions {
  readonly name: string
  readonly tool: ToolLike
  readonly engine: LoopEngine
  readonly tenant: string
  readonly governed: () => Promise<Governed>
  readonly callOf: CallSite
  readonly onError: (error: unknown) => void
}

/**
 * The tool as it was, and beside it a record of what governance would have said. Each objection is a soft guard that
 * did not pass; nothing is held up, and a fault of the record is reported and not thrown.
 */
export function shadowTool(options: ShadowOptions): ToolLike {
  const { name, tool, engine, tenant, governed, callOf, onError } = options
  const ledger = createCallLedger(engine, tenant)
  const run = tool.execute as (input: unknown, given: unknown) => unknown
  // Whoever is told may fail as well: nothing of ours may disturb the call.
  const report = quiet(onError)

  const begin = async (input: unknown, given: unknown): Promise<ToolCall | undefined> => {
    try {
      const call = callOf(contextOf(name, given))
      const { loop, digest } = await governed()
      const taken = takeInput(input)
      // A replay runs again here, as it would without us; the record keeps the first.
      if (await ledger.find(call.aggregateId)) return undefined
      await ledger.open(call, loop, taken, digest)
      await ledger.ask(call, { input: taken.json })
      return call
    } catch (error) {
      report(error)
      return undefined
    }
  }
  const end = async (call: ToolCall | undefined, how: string, said: JsonObject): Promise<void> => {
    if (call) await ledger.step(call, how, said).catch(report)
  }

  if (isGenerator(run))
    return {
      ...tool,
      async *execute(input: unknown, given: unknown) {
        const call = await begin(input, given)
        try {
          yield* run(input, given) as AsyncGenerator<unknown>
        } catch (error) {
          await end(call, 'fail', { reason: 'threw' })
          throw error
        }
        await end(call, 'succeed', {})
      },
    }
  return {
    ...tool,
    async execute(input: unknown, given: unknown) {
      const call = await begin(input, given)
      try {
        const output = await finish(run(input, given))
        await end(call, 'succeed', {})
        return output
      } catch (error) {
        await end(call, 'fail', { reason: 'threw' })
        throw error
      }
    },
  }
}
