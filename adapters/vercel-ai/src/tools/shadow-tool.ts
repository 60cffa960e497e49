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
 * Lets the tool run as it is, and records what governance would have said. Each objection is recorded as a soft guard
 * that did not pass. No call is held up, and an error of the record goes to `onError` instead of the caller.
 */
export function shadowTool(options: ShadowOptions): ToolLike {
  const { name, tool, engine, tenant, governed, callOf, onError } = options
  const ledger = createCallLedger(engine, tenant)
  const run = tool.execute as (input: unknown, given: unknown) => unknown
  // `onError` may throw as well, which must not disturb the call.
  const report = quiet(onError)

  const begin = async (input: unknown, given: unknown): Promise<ToolCall | undefined> => {
    try {
      const call = callOf(contextOf(name, given))
      const { loop, digest } = await governed()
      const taken = takeInput(input)
      // A replayed call runs again, as it would without governance; only its first run is recorded.
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
