import { isReservedKey, LoopError } from '@loop-engine/core'

/** Whether a value can be a business key, a tenant or an idempotency key. */
export function isKey(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= 256 &&
    !/[\u0000-\u001f\u007f]/.test(value) &&
    value.isWellFormed()
  )
}

export function checkKey(value: unknown, path: string): void {
  if (isKey(value)) return
  throw new LoopError('invalid_input', 'An id must be 1 to 256 printable characters.', { path })
}

export function refuseReserved(aggregateId: string): void {
  if (!isReservedKey(aggregateId)) return
  throw new LoopError('invalid_input', 'A business key may not begin with a dollar sign.', {
    path: '/aggregateId',
  })
}
