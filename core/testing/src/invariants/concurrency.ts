import type { Checker } from './world.ts'

/**
 * 10. Each run has one order, consistent with real time: an
 * earlier answer never has a later number, and no read is stale.
 */
export const linearizable: Checker = function* ({ operations = [] }) {
  const byRun = Map.groupBy(
    operations.filter(
      ({ version, aggregateId }) => version !== undefined && aggregateId !== undefined,
    ),
    ({ tenant, aggregateId }) => `${tenant}\n${aggregateId}`,
  )
  for (const history of byRun.values()) {
    const answered = history.toSorted((a, b) => a.returned - b.returned)
    const writers = new Map<number, string | undefined>()
    let known = 0
    let next = 0
    for (const { kind, version = 0, entry, invoked } of history.toSorted(
      (a, b) => a.invoked - b.invoked,
    )) {
      for (let before = answered[next]; before && before.returned < invoked;) {
        known = Math.max(known, before.version ?? 0)
        if (before.kind !== 'get') writers.set(before.version ?? 0, before.entry)
        before = answered[++next]
      }
      const isTaken = kind !== 'get' && writers.has(version) && writers.get(version) !== entry
      if (version >= known && !isTaken) continue
      yield { message: `version ${version} was answered after version ${known} was known` }
      return
    }
  }
}

/** 11. A conflict is only reported when the expected version was stale. */
export const honestConflict: Checker = function* ({ operations = [] }) {
  for (const { kind, outcome, expected, actual } of operations) {
    if (kind === 'commit' && outcome === 'conflict' && expected === actual)
      yield { message: 'a conflict was reported although nothing had moved' }
  }
}

/** 12. Per tenant, principal and key there is at most one record of a moving command. */
export const oneEffectPerKey: Checker = function* ({ records }) {
  const seen = new Set<string>()
  for (const { entry, at } of records) {
    if (entry.idempotencyKey === undefined) continue
    const key = `${entry.tenant}\n${entry.actor.type}:${entry.actor.id}\n${entry.idempotencyKey}`
    if (seen.has(key)) yield { message: 'one idempotency key has two records', ...at }
    seen.add(key)
  }
}

/** 13. A worker whose fence was superseded cannot settle an item, and no effect goes on after its end. */
export const fencing: Checker = function* ({ operations = [], runs }) {
  const newest = new Map<string, number>()
  for (const { kind, itemId, fence, outcome } of operations.toSorted(
    (a, b) => a.returned - b.returned,
  )) {
    if (kind !== 'settle' || itemId === undefined || fence === undefined) continue
    if (outcome === 'claimed') newest.set(itemId, Math.max(fence, newest.get(itemId) ?? 0))
    else if (outcome === 'settled' && fence < (newest.get(itemId) ?? 0))
      yield { message: 'a worker that lost its lease settled the item' }
  }
  for (const { entries } of runs) {
    const ended = new Set<string>()
    for (const { entry, at } of entries) {
      if (!entry.effect || !entry.type.startsWith('loop.effect.')) continue
      const { id, semantics } = entry.effect
      if (ended.has(id)) yield { message: 'an effect went on after its end', ...at }
      // A person may retry an effect that failed, or an idempotent one whose attempts were all interrupted.
      const isGivenUp = semantics === 'idempotent' && entry.reason === 'interrupted'
      if (/succeeded|unknown/.test(entry.type) && !isGivenUp) ended.add(id)
    }
  }
}
