import type { GuardVerdict, Reservation } from '@loop-engine/core'

const longestMessage = 500
const longestKey = 1024

/** The verdict in what a guard answered, or null when it is none. */
export function readVerdict(answer: unknown): GuardVerdict | null {
  if (typeof answer !== 'object' || answer === null) return null
  const { passed, message, reserve } = answer as Partial<Record<keyof GuardVerdict, unknown>>
  if (typeof passed !== 'boolean') return null
  if (message !== undefined && typeof message !== 'string') return null
  // No half of a character, whether it was cut or answered: the record could not hold it.
  const said = message?.slice(0, longestMessage).toWellFormed()
  if (reserve === undefined) return { passed, message: said }
  if (!Array.isArray(reserve) || !reserve.every(isReservation)) return null
  return { passed, message: said, reserve }
}

function isReservation(value: unknown): value is Reservation {
  if (typeof value !== 'object' || value === null) return false
  const { key, bucket, amount, limit, expiresAt } = value as Partial<
    Record<keyof Reservation, unknown>
  >
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
