/** PagerDuty repeats a delivery for 48 hours; what is older than this is nobody's retry. */
export const dedupeWindowMs = 72 * 3_600_000
/** How far two clocks may differ, and how late an event may follow its note. */
export const toleranceMs = 300_000

/** Whether an event is too old to count, or from the future. */
export function isOutOfTime(at: number, now: number): boolean {
  // Written so that a time that cannot be read is out of time.
  return !(at > now - dedupeWindowMs && at <= now + toleranceMs)
}
