import { inspect } from 'node:util'

import { isLoopError, type LoopError } from '@loop-engine/core'
import { expect } from 'vitest'

/** Returns the LoopError with which a call ends. Fails the test if the call ends in another way. */
export async function loopErrorOf(call: Promise<unknown>): Promise<LoopError> {
  const error: unknown = await call.then(
    () => 'It was answered.',
    (thrown: unknown) => thrown,
  )
  if (isLoopError(error)) return error
  return expect.fail(`A LoopError was expected, not: ${inspect(error)}`)
}

/** Fails the test if a secret is where a log would show it: in message, stack, JSON, causes and hidden members. */
export function expectNoSecrets(error: unknown, secrets: readonly string[]): void {
  const seen = [
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity }),
  ].join('\n')
  for (const secret of secrets) expect(seen).not.toContain(secret)
}
