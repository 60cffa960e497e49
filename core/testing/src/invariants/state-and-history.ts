import { applyEntry, canonicalize, type LoopInstance } from '@loop-engine/core'

import { transitionOf, type Checker } from './world.ts'

/** 1. State, version and head equal the fold of the records; seq is 1..n. */
export const fold: Checker = function* ({ runs }) {
  for (const { instance, entries } of runs) {
    let folded: LoopInstance | null = null
    for (const [index, { stored, entry, at }] of entries.entries()) {
      if (stored.seq !== index + 1)
        yield { message: `seq ${stored.seq} stands at place ${index + 1}`, ...at }
      folded = applyEntry(folded, entry, stored)
    }
    if (folded === null || canonicalize({ ...folded }) !== canonicalize({ ...instance })) {
      yield { message: 'the stored run is not the fold of its records', runId: instance.runId }
    }
  }
}

const final = new Set(['completed', 'failed', 'cancelled'])

/**
 * 2. Every transition exists in the definition that the record
 * names, its hard guards passed, and no run moves after its end.
 */
export const legality: Checker = function* ({ runs, definitions }) {
  for (const { entries } of runs) {
    let state: string | undefined
    let ended = false
    for (const { entry, at } of entries) {
      const moves = entry.toState !== undefined || entry.status !== undefined
      if (moves && ended) yield { message: 'a final run moved', ...at }
      if (entry.type === 'loop.transition.executed') {
        const transition = transitionOf(definitions, entry)
        if (
          !transition ||
          transition.from !== state ||
          transition.to !== entry.toState ||
          entry.fromState !== state
        ) {
          yield { message: 'an executed transition does not exist in the pinned definition', ...at }
        } else if (
          transition.guards.some(
            ({ id, severity }) =>
              severity === 'hard' &&
              !entry.guards?.some((guard) => guard.id === id && guard.passed),
          )
        ) {
          yield {
            message: 'a hard guard of an executed transition is not recorded as passed',
            ...at,
          }
        }
      } else if (
        entry.toState !== undefined &&
        entry.type !== 'loop.started' &&
        entry.type !== 'loop.migrated'
      ) {
        yield { message: `${entry.type} moved the run`, ...at }
      }
      state = entry.toState ?? state
      ended ||= entry.status !== undefined && final.has(entry.status)
    }
  }
}

/** 3. Every record names its actor with the whole delegation chain, and how the actor was authenticated. */
export const attribution: Checker = function* ({ records }) {
  for (const { entry, at } of records) {
    const { actor } = entry
    if (!actor?.id || !actor.type) yield { message: 'a record names no actor', ...at }
    // The engine acts as `system` or `automation` itself; every other actor came from outside and was admitted.
    else if (actor.type !== 'system' && actor.type !== 'automation' && !actor.assurance?.method)
      yield { message: 'a record does not say how its actor became known', ...at }
    for (let principal = actor?.onBehalfOf; principal; principal = principal.onBehalfOf) {
      if (!principal.id) yield { message: 'a delegation chain has a gap', ...at }
    }
  }
}

/** 4. The same inputs give the same bytes. */
export const determinism: Checker = function* ({ records, replay }) {
  if (!replay) return
  const bodies = records.map(({ stored }) => stored.body)
  const differs = bodies.findIndex((body, index) => body !== replay[index])
  if (differs !== -1 || bodies.length !== replay.length)
    yield { message: `record ${differs} of the replay differs` }
}

/** 5. A run changes its definition only by a recorded migration. */
export const pinnedDefinition: Checker = function* ({ runs }) {
  for (const { instance, entries } of runs) {
    let digest = entries[0]?.entry.definition
    for (const { entry, at } of entries) {
      if (entry.type === 'loop.migrated') {
        if (entry.actor.type === 'ai-agent' || entry.actor.type === 'automation')
          yield { message: 'a migration was not authorised', ...at }
        digest = entry.definition
      } else if (entry.definition !== digest)
        yield { message: 'a record was judged under another definition', ...at }
    }
    if (instance.definition.digest !== digest)
      yield {
        message: 'the run is pinned to a definition that no record names',
        runId: instance.runId,
      }
  }
}
