/** Ids of events that were taken, with when, epoch milliseconds. */
export type SeenEvents = Record<string, number>

/** Longer than a sender repeats an event that nobody acknowledged. */
const keptMs = 3 * 24 * 3_600_000
const most = 5000

/** Notes an event; false when it was noted before. What is too old or too much is forgotten, oldest first. */
export function noteEvent(seen: SeenEvents, id: string, now: number): boolean {
  if (Object.hasOwn(seen, id)) return false
  seen[id] = now
  const ids = Object.keys(seen)
  for (const [place, old] of ids.entries())
    if (ids.length - place > most || now - (seen[old] ?? 0) > keptMs) delete seen[old]
  return true
}
