/** A limit that is reserved in the same commit as the transition: it can never be overrun. */
export interface Reservation {
  /** Unique within the tenant, e.g. `budget:refunds:alice`. */
  readonly key: string
  /** Which window of the counter; 0 for one that never resets. */
  readonly bucket: number
  readonly amount: number
  /** What the window may hold at most, this `amount` included. */
  readonly limit: number
  /** When the store may forget the window, epoch milliseconds. */
  readonly expiresAt?: number
}
