import type { Checker } from './world.ts'

/**
 * 6. The parts of one commit exist together: an ordered effect has its order or its outcome, an approval its record.
 */
export const allOrNothing: Checker = function* ({ runs, effects, deadLetters }) {
  for (const { instance, entries, approvals } of runs) {
    const recorded = new Map(entries.map(({ entry }) => [entry.approval?.id, entry.type]))
    const open = approvals.filter(({ status }) => status === 'pending')
    if (open.length !== instance.openApprovals)
      yield {
        message: 'the run counts more or fewer open requests than there are',
        runId: instance.runId,
      }
    for (const request of approvals) {
      if (!recorded.has(request.id))
        yield { message: 'an approval request has no record', runId: instance.runId }
    }
    for (const { entry, at } of entries) {
      if (
        entry.type === 'loop.approval.requested' &&
        !approvals.some(({ id }) => id === entry.approval?.id)
      )
        yield { message: 'a recorded request is missing', ...at }
      if (entry.type !== 'loop.transition.executed' || !entry.effect || !effects) continue
      const { id } = entry.effect
      const ended = entries.some(
        (later) =>
          later.entry.effect?.id === id && /succeeded|failed|unknown/.test(later.entry.type),
      )
      if (!ended && !deadLetters.some((letter) => letter.id === id))
        yield { message: 'a committed effect was neither run nor kept', ...at }
    }
  }
}

/** 7. Every acknowledged commit is in the record, which names the durability of the store. */
export const acknowledgedIsDurable: Checker = function* ({ records, operations = [], store }) {
  const hashes = new Set(records.map(({ stored }) => stored.hash))
  for (const { entry, outcome } of operations) {
    if (entry !== undefined && !hashes.has(entry))
      yield { message: `an acknowledged ${outcome} is not in the record` }
  }
  for (const { entry, at } of records) {
    if (entry.durability !== store.durability)
      yield { message: 'a record names another durability than the store has', ...at }
  }
}

/** 8. Repeating a command with its key gives the one true outcome. */
export const unknownIsResolvable: Checker = function* ({ operations = [] }) {
  const answers = new Map<string, string | undefined>()
  for (const { key, tenant, actorId, entry, outcome } of operations) {
    if (key === undefined || outcome === 'error') continue
    const id = `${tenant}\n${actorId}\n${key}`
    if (answers.has(id) && answers.get(id) !== entry)
      yield { message: 'a repeated command got another outcome' }
    answers.set(id, entry)
  }
}

/** 9. A refusal changes nothing but its own record. */
export const deniedIsInert: Checker = function* ({ records, effects = [] }) {
  for (const { entry, stored, at } of records) {
    if (entry.type !== 'loop.transition.blocked' && entry.type !== 'loop.transition.rejected')
      continue
    if (entry.toState !== undefined || entry.status !== undefined || entry.effect)
      yield { message: 'a refused attempt moved the run', ...at }
    if (effects.some((effect) => effect.entry === stored.hash))
      yield { message: 'a refused attempt acted', ...at }
  }
}
