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

/**
 * What an answer says, if it is one to the command that is repeated. It lies beside the record: throws `corrupt` for what was
 * changed in the database until it is none, or another's.
 */
export function readAnswer<Answer extends object>(
  text: string,
  isOne: (answer: Partial<Answer>) => boolean,
): Answer {
  const answer = parseRecord(text)
  if (answer && isOne(answer as Partial<Answer>)) return answer as Answer
  throw new LoopError(
    'corrupt',
    'The answer that an idempotency key keeps is not to this command.',
    {
      hint: 'It was changed in the database. Read the run to see what became of the command.',
    },
  )
}

/** The answer that was given before, to whoever asks again. */
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
