import {
  digestOf,
  LoopError,
  parseRecord,
  type Actor,
  type IdempotencyRecord,
  type JsonObject,
  type TransitionResult,
} from '@loop-engine/core'

import { checkKey } from '../check-key.ts'
import type { Kernel } from '../kernel.ts'

/** What identifies a repeated command: who sent it, its key, and a digest of what it asks. Undefined without a key. */
export function idempotencyOf(
  actor: Actor,
  key: string | undefined,
  command: () => JsonObject,
): Omit<IdempotencyRecord, 'answer' | 'at'> | undefined {
  if (key === undefined) return undefined
  checkKey(key, '/idempotencyKey')
  return { principal: `${actor.type}:${actor.id}`, key, fingerprint: digestOf(command()) }
}

/** The answer that is kept for a command, or null. Throws `key_mismatch` if its key was used for another one. */
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

/** Parses a kept answer. Throws `corrupt` if it is none, or of another command: it lies beside the record, and was changed. */
export function readAnswer<Answer extends object>(
  text: string,
  isOne: (answer: Partial<Answer>) => boolean,
): Answer {
  const answer = parseRecord(text)
  if (answer && isOne(answer as Partial<Answer>)) return answer as Answer
  throw new LoopError(
    'corrupt',
    'The answer that an idempotency key keeps is not to this command.',
    { hint: 'It was changed in the database. Read the run to see what became of the command.' },
  )
}

/** The kept answer to a transition that is repeated. */
export function repeated(text: string, aggregateId: string): TransitionResult {
  const answer = readAnswer<TransitionResult>(text, (kept) => kept.aggregateId === aggregateId)
  return { ...answer, replayed: true }
}

export function keyMismatch(): LoopError {
  return new LoopError('key_mismatch', 'The idempotency key was used for another command.', {
    path: '/idempotencyKey',
    hint: 'Use a new key for a new command.',
  })
}
