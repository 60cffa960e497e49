import { LoopError } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { faultOf } from '../refusals.ts'
import { runLicensed, type LicensedCall } from './run-licensed.ts'

const receipt = { entry: 'a'.repeat(64) }
const record = { begun: false, licence: { receipt, evidence: { input: 1 } } }

/** A call that runs, but whose reports the store refuses. */
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

test('a call that ran but could not be reported does not fail as if it had not run', async () => {
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
