/** By event id, when the event was taken; epoch milliseconds. */
export type SeenEvents = Record<string, number>

/** Longer than a sender repeats an event without an acknowledgement. */
const keptMs = 3 * 24 * 3_600_000
const maxEvents = 5000

/** Notes an event; false if it was noted before. Forgets old events, and the oldest if there are too many. */
export function noteEvent(seen: SeenEvents, id: string, now: number): boolean {
  if (Object.hasOwn(seen, id)) return false
  seen[id] = now
  const ids = Object.keys(seen)
  for (const [place, old] of ids.entries())
    if (ids.length - place > maxEvents || now - (seen[old] ?? 0) > keptMs) delete seen[old]
  return true
}
