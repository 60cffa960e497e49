/** PagerDuty repeats a delivery for up to 48 hours, so an older delivery than this is no retry of PagerDuty. */
export const dedupeWindowMs = 72 * 3_600_000
/** How far clocks may differ, and how much later than its note an event may be. */
export const toleranceMs = 300_000

/** Whether an event is too old to count, or from the future. */
export function isOutOfTime(at: number, now: number): boolean {
  // Negated so that NaN, a time that could not be read, is out of time.
  return !(at > now - dedupeWindowMs && at <= now + toleranceMs)
}
