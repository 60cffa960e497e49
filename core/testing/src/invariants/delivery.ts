import type { Checker } from './world.ts'

/** 21. Every committed event reached every subscriber, or lies in a dead letter. */
export const noLoss: Checker = function* ({ records, deliveries, subscribers = [], deadLetters }) {
  if (!deliveries) return
  for (const subscriber of subscribers) {
    const delivered = new Set(
      deliveries
        .filter((delivery) => delivery.subscriber === subscriber)
        .map(({ event }) => event.id),
    )
    for (const { stored, at } of records) {
      const parked = deadLetters.some(
        (letter) =>
          letter.name === subscriber && letter.runId === stored.runId && letter.seq === stored.seq,
      )
      if (!delivered.has(stored.hash) && !parked)
        yield { message: `${subscriber} never heard of an event`, ...at }
    }
  }
}

/** 22. Nothing that was not committed is ever delivered. */
export const noGhosts: Checker = function* ({ records, deliveries = [] }) {
  const hashes = new Set(records.map(({ stored }) => stored.hash))
  for (const { event } of deliveries) {
    if (!hashes.has(event.id.slice(0, 64)))
      yield { message: 'an event was delivered that no record explains' }
  }
}

/** 23. Ids are unique and stable; per subscriber and run the sequence never goes back, except for a repetition. */
export const orderedDelivery: Checker = function* ({ deliveries = [] }) {
  const highest = new Map<string, string>()
  const seen = new Map<string, string>()
  for (const { subscriber, event } of deliveries) {
    const content = JSON.stringify(event)
    const before = seen.get(`${subscriber}\n${event.id}`)
    if (before !== undefined && before !== content)
      yield { message: 'one event id had two contents' }
    const lane = `${subscriber}\n${event.partitionkey}`
    if (before === undefined && event.sequence < (highest.get(lane) ?? ''))
      yield { message: 'an event overtook an earlier one', runId: event.partitionkey }
    if (event.sequence > (highest.get(lane) ?? '')) highest.set(lane, event.sequence)
    seen.set(`${subscriber}\n${event.id}`, content)
  }
}

/** 24. A poisoned event holds up only its own lane: every other lane is delivered. */
export const laneIsolation: Checker = function* ({
  deliveries,
  subscribers = [],
  deadLetters,
  runs,
}) {
  if (!deliveries || deadLetters.length === 0) return
  const poisoned = new Set(deadLetters.map(({ lane }) => lane))
  for (const subscriber of subscribers) {
    const heard = new Set(
      deliveries
        .filter((delivery) => delivery.subscriber === subscriber)
        .map(({ event }) => event.partitionkey),
    )
    for (const { instance } of runs) {
      if (!poisoned.has(`publish:${subscriber}:${instance.runId}`) && !heard.has(instance.runId))
        yield { message: 'a healthy lane waited for a poisoned one', runId: instance.runId }
    }
  }
}

/** 25. The log names every record that was committed before it was sequenced. */
export const cursorNeverSkips: Checker = function* ({ runs, leaves, sequenced = false }) {
  if (!sequenced) return
  for (const { instance, entries } of runs) {
    const named = new Set(
      leaves
        .get(instance.tenant)
        ?.filter(({ runId }) => runId === instance.runId)
        .map(({ seq }) => seq),
    )
    for (const { stored, at } of entries)
      if (!named.has(stored.seq))
        yield { message: 'a reader that tails the records skipped one', ...at }
  }
}

/** 26. Every decision was asked for by an authentic event. */
export const authenticInbound: Checker = function* ({ runs, authenticDecisions }) {
  if (!authenticDecisions) return
  for (const { instance, approvals } of runs) {
    for (const { id, decisions } of approvals) {
      for (const { reviewer, decision } of decisions) {
        if (!authenticDecisions.has(`${id}\n${reviewer.id}\n${decision}`))
          yield {
            message: 'a decision stands that no authentic event asked for',
            runId: instance.runId,
          }
      }
    }
  }
}
