import {
  digestOf,
  LoopError,
  parseJson,
  type Actor,
  type IdempotencyRecord,
  type JsonObject,
  type TransitionResult,
} from '@loop-engine/core'

import { checkKey } from '../judging/admit-input.ts'
import type { Kernel } from '../kernel.ts'

/** What makes a command the same when it is repeated: who, which key, and a digest of what was asked. Most have no key. */
export function idempotencyOf(
  actor: Actor,
  key: string | undefined,
  command: () => JsonObject,
): Omit<IdempotencyRecord, 'answer' | 'at'> | undefined {
  if (key === undefined) return undefined
  checkKey(key, '/idempotencyKey')
  return { principal: `${actor.type}:${actor.id}`, key, fingerprint: digestOf(command()) }
}

/** What is kept as the answer to a command under this key, or null. */
export async function answered(
  { store }: Pick<Kernel, 'store'>,
  tenant: string,
  { principal, key, fingerprint }: Pick<IdempotencyRecord, 'principal' | 'key' | 'fingerprint'>,
): Promise<string | null> {
  const before = await store.idempotency(tenant, principal, key)
  if (!before) return null
  if (before.fingerprint !== fingerprint) throw keyMismatch()
  return before.answer
}

/** The answer that was given before, to whoever asks again. */
export function repeated(answer: string): TransitionResult {
  return { ...(parseJson(answer) as TransitionResult), replayed: true }
}

export function keyMismatch(): LoopError {
  return new LoopError('key_mismatch', 'The idempotency key was used for another command.', {
    path: '/idempotencyKey',
    hint: 'Use a new key for a new command.',
  })
}
