import { LoopError } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { faultOf } from '../refusals.ts'
import { runLicensed, type LicensedCall } from './run-licensed.ts'

const receipt = { entry: 'a'.repeat(64) }
const record = { begun: false, licence: { receipt, evidence: { input: 1 } } }

/** A call that runs, and of which the store then takes no report. */
function unreported(idempotent: boolean, retryable = true): Promise<unknown> {
  const call = {
    name: 'pay',
    aggregateId: 'activity/1',
    loopId: 'activity:pay',
    idempotent,
    engine: {
      seal: (_: object, run: (input: object) => unknown) => (_receipt: object, input: object) =>
        run(input),
    },
    run: async () => 'paid',
    step: async () => {
      throw new LoopError('unavailable', 'The store is away.', { retryable })
    },
  } as unknown as LicensedCall
  return runLicensed(call, record as never).catch((error: unknown) => faultOf(error, call.name))
}

test('a call that ran, and could not be reported, is not told as one that did not run', async () => {
  expect(await unreported(false)).toMatchObject({
    type: 'LoopEngine.UnknownOutcome',
    nonRetryable: true,
  })
  expect(await unreported(true, false)).toMatchObject({ type: 'LoopEngine.UnknownOutcome' })
  expect(await unreported(true)).toMatchObject({
    type: 'LoopEngine.unavailable',
    nonRetryable: false,
    message: 'pay ran, but how it ended could not be recorded; it is run again.',
  })
})
