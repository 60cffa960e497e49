import type { Clock } from '@loop-engine/core'

import type { Note, PagerDutyCalls } from '../api/pagerduty-calls.ts'
import { isFinal } from '../api/pagerduty-error.ts'
import { isOurs, isSaid, say } from '../incident/conversation.ts'
import type { DecisionCodes } from '../incident/decision-code.ts'
import type { IncidentReference, IncidentReferences } from '../incident/incident-reference.ts'
import { answerText, noteFaults, strangers } from '../incident/outcome-text.ts'
import { plainText } from '../incident/visible-text.ts'
import { readDecisionNote, type DecisionNote } from './decision-note.ts'
import { isOutOfTime, toleranceMs } from './delivery-time.ts'
import type { HandOver } from './hand-over.ts'
import type { WebhookEvent } from './webhook-event.ts'
import { createWrongCodes } from './wrong-codes.ts'

export type NoteEvent = Extract<WebhookEvent, { kind: 'note' }>

export interface NoteJudgeParts {
  readonly calls: PagerDutyCalls
  readonly references: IncidentReferences
  readonly codes: DecisionCodes
  readonly handOver: HandOver
  readonly decideBy: 'note' | 'link-only'
  readonly maxWrongCodes: number
  readonly clock: Clock
}

/** Everything that a note is judged by. */
interface Scene {
  readonly event: NoteEvent
  readonly found: readonly IncidentReference[]
  readonly notes: readonly Note[]
  readonly signal: AbortSignal
}

/** Takes a note as a decision, and answers it with a note. Throws on an outage; the delivery has to come again then. */
export function createNoteJudge(
  parts: NoteJudgeParts,
): (event: NoteEvent, signal: AbortSignal) => Promise<void> {
  const { calls, references, codes, handOver, clock } = parts
  const wrongCodes = createWrongCodes(codes)

  return async (event, signal) => {
    const { incidentId, agent, note } = event
    if (isOurs(note.content)) return
    if (!note.isTrimmed && readDecisionNote(note.content).kind === 'talk') return
    const found = references.find(await calls.alerts(incidentId, signal))
    if (found.length === 0) return // an incident that this channel did not open
    const notes = await calls.notes(incidentId, signal)
    if (isSaid(notes, note.id)) return // this delivery was answered before

    const answer = async (text: string): Promise<void> => {
      const whom = plainText(agent?.id ?? 'somebody', 64)
      await say(calls, { incidentId, tag: note.id, text: `To ${whom}: ${text}` }, signal)
    }
    const text = await judge({ event, found, notes, signal }).catch(async (error: unknown) => {
      // The delivery will not come again, so the author is told now.
      if (isFinal(error)) await answer(noteFaults.failed)
      throw error
    })
    if (text !== null) await answer(text)
  }

  /** The answer to the note; null for talk. */
  async function judge(scene: Scene): Promise<string | null> {
    const { event, found } = scene
    const { agent, note } = event
    const stored = scene.notes.find(({ id }) => id === note.id)
    const whole = note.isTrimmed ? wholeOf(note.content, stored) : note.content
    if (whole === null) return noteFaults.edited
    const asked = readDecisionNote(whole)
    if (asked.kind === 'talk') return null
    if (asked.kind === 'unclear') return agent?.isPerson ? noteFaults.unclear : null
    if (!agent?.isPerson) return strangers.automation
    if (parts.decideBy === 'link-only') return noteFaults.linkOnly
    if (isOutOfTime(event.at, clock.now())) return noteFaults.late
    if (isEdited(event, stored)) return noteFaults.edited

    const reference = found.filter((one) => codes.matches(asked.code, one)).at(0)
    const isWrong = reference === undefined
    const wrongBefore = wrongCodes.count(scene, isWrong)
    if (wrongBefore >= parts.maxWrongCodes) return noteFaults.locked
    if (isWrong) return noteFaults.wrongCode
    if (asked.kind === 'no-reason') return noteFaults.noReason
    if (asked.decision === 'approve' && reference.needsPage) return noteFaults.tooWeak
    return decided(scene, reference, asked)
  }

  async function decided(
    { event, signal }: Scene,
    about: IncidentReference,
    { decision, reason }: Extract<DecisionNote, { kind: 'decision' }>,
  ): Promise<string> {
    const { incidentId, note } = event
    const deed = {
      about,
      event,
      decision,
      ...(reason !== undefined && { reason }),
      proof: { event: event.id, note: note.id, incident: incidentId },
      // By the id of the note and not of the event: an edit of the note is another event and must not decide again.
      idempotencyKey: `note:${note.id}`,
    }
    const result = await handOver(deed, signal)
    if ('stranger' in result) return strangers[result.stranger]
    const { person, answer } = result
    const what = `${plainText(person, 256)}, ${decision}`
    return `${what}: ${typeof answer === 'string' ? answer : answerText(answer)}`
  }
}

/** The whole of a note that PagerDuty cut. Null if the stored note does not begin with what was sent. */
function wholeOf(sent: string, stored: Note | undefined): string | null {
  const start = sent.trim().replace(/(?:\.\.\.|…)$/, '')
  return stored?.content.trim().startsWith(start) ? stored.content : null
}

/** Whether the event reports an edit: it is by another person than the author, or long after the note was written. */
function isEdited({ agent, at }: NoteEvent, stored: Note | undefined): boolean {
  if (!stored) return false
  if (stored.userId !== undefined && stored.userId !== agent?.id) return true
  return stored.createdAt !== undefined && at - stored.createdAt > toleranceMs
}
