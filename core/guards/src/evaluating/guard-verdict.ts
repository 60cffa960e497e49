import { isRecord, type GuardVerdict, type Reservation } from '@loop-engine/core'

const longestMessage = 500
const longestKey = 1024

/** Reads the answer of a guard; null if it is no verdict. */
export function readVerdict(answer: unknown): GuardVerdict | null {
  if (!isRecord(answer)) return null
  const { passed, message, reserve } = answer
  if (typeof passed !== 'boolean') return null
  if (message !== undefined && typeof message !== 'string') return null
  // The record cannot hold half a character, which cutting may leave or a guard may answer.
  const said = message?.slice(0, longestMessage).toWellFormed()
  if (reserve === undefined) return { passed, message: said }
  if (!Array.isArray(reserve) || !reserve.every(isReservation)) return null
  return { passed, message: said, reserve }
}

function isReservation(value: unknown): value is Reservation {
  if (!isRecord(value)) return false
  const { key, bucket, amount, limit, expiresAt } = value
  return (
    typeof key === 'string' &&
    key.length > 0 &&
    key.length <= longestKey &&
    key.isWellFormed() &&
    Number.isSafeInteger(bucket) &&
    isAmount(amount) &&
    isAmount(limit) &&
    (expiresAt === undefined || isAmount(expiresAt))
  )
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
