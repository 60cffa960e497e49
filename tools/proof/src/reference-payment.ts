import type { ReferenceRun } from './reference-rules.ts'

/** An approved payment, from its order to its end. */
export interface ReferencePayment {
  readonly run: ReferenceRun
  readonly receiptExpiresAt: number
  dueAt: number
  isBegun: boolean
  isOver: boolean
  /** How often the bank was called for this payment; it pays once. */
  calls: number
}

interface Moment {
  readonly now: number
  readonly isStopped: boolean
  /** Set if the delivering process dies: before the bank paid, or after. */
  readonly death: 'before' | 'after' | undefined
}

const [second, minute, day] = [1000, 60_000, 86_400_000]

export function orderPayment(run: ReferenceRun, now: number): ReferencePayment {
  const receiptExpiresAt = now + day
  return { run, receiptExpiresAt, dueAt: now, isBegun: false, isOver: false, calls: 0 }
}

/**
 * Makes one delivery. Its begin and its end have an entry each; a payment that ended `failed` never began. No payment
 * begins while its run is suspended, and none goes on once its run was cancelled, or failed by hand.
 */
export function deliverPayment(
  payment: ReferencePayment,
  { now, isStopped, death }: Moment,
): 'paid' | 'failed' | 'given up' | 'held up' | 'died' {
  if (!payment.isBegun && now >= payment.receiptExpiresAt) {
    payment.run.version++
    payment.isOver = true
    return 'failed'
  }
  if (payment.run.status === 'cancelled' || payment.run.status === 'failed') {
    payment.run.version++
    payment.isOver = true
    return 'given up'
  }
  if (isStopped || payment.run.status === 'suspended') {
    payment.dueAt = now + second
    return 'held up'
  }
  payment.isBegun = true
  payment.run.version++
  if (death !== 'before') payment.calls++
  if (death) {
    // Nobody else can take over before the lease of the dead process expires.
    payment.dueAt = now + minute / 2
    return 'died'
  }
  payment.run.version++
  payment.isOver = true
  return 'paid'
}
