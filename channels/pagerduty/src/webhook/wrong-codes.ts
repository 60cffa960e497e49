import type { Note } from '../api/pagerduty-calls.ts'
import { isOurs } from '../incident/conversation.ts'
import type { DecisionCodes } from '../incident/decision-code.ts'
import type { IncidentReference } from '../incident/incident-reference.ts'
import { readDecisionNote } from './decision-note.ts'

interface Scene {
  readonly event: { readonly incidentId: string; readonly note: { readonly id: string } }
  readonly found: readonly IncidentReference[]
  readonly notes: readonly Note[]
}

export interface WrongCodes {
  /** Returns how many other notes of this incident had a wrong code, and remembers this note if its code is wrong. */
  count(scene: Scene, isWrong: boolean): number
}

const mostIncidents = 1000

/**
 * Counts wrong codes in the notes of the incident, so that every process counts the same and a restart loses nothing. Notes
 * can be deleted, so this process also remembers those that it saw.
 */
export function createWrongCodes(codes: DecisionCodes): WrongCodes {
  const seen = new Map<string, Set<string>>()

  function remember(incidentId: string, noteId: string): void {
    const known = seen.get(incidentId) ?? new Set()
    seen.delete(incidentId)
    seen.set(incidentId, known.add(noteId))
    const [oldest] = seen.keys()
    if (seen.size > mostIncidents && oldest !== undefined) seen.delete(oldest)
  }

  return {
    count({ event: { incidentId, note }, found, notes }, isWrong) {
      const standing = notes
        .filter(({ content }) => isWrongNote(content, found))
        .map(({ id }) => id)
      const wrong = new Set([...standing, ...(seen.get(incidentId) ?? [])])
      wrong.delete(note.id)
      if (isWrong) remember(incidentId, note.id)
      return wrong.size
    },
  }

  function isWrongNote(content: string, found: readonly IncidentReference[]): boolean {
    if (isOurs(content)) return false
    const asked = readDecisionNote(content)
    if (asked.kind !== 'decision' && asked.kind !== 'no-reason') return false
    return !found.some((reference) => codes.matches(asked.code, reference))
  }
}
