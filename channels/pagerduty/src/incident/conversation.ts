import type { Note, PagerDutyCalls } from '../api/pagerduty-calls.ts'
import { cut } from './visible-text.ts'

const marker = '[loop-engine]'

/** Whether this channel wrote a note; such notes are never read as decisions. */
export function isOurs(content: string): boolean {
  return content.startsWith(marker)
}

/** Whether this channel has written a note with this tag already. */
export function isSaid(notes: readonly Note[], tag: string): boolean {
  return notes.some(({ content }) => isOurs(content) && content.endsWith(`[${tag}]`))
}

/** Writes a note once. It ends with the tag, by which a retry recognises it. */
export async function say(
  calls: Pick<PagerDutyCalls, 'notes' | 'addNote'>,
  { incidentId, tag, text }: { incidentId: string; tag: string; text: string },
  signal: AbortSignal,
): Promise<void> {
  if (isSaid(await calls.notes(incidentId, signal), tag)) return
  await calls.addNote(incidentId, `${marker} ${cut(text, 8000)} [${tag}]`, signal)
}
