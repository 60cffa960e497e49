import type { Note, PagerDutyCalls } from '../api/pagerduty-calls.ts'
import { cut } from './visible-text.ts'

const marker = '[loop-engine]'

/** Whether this channel wrote a note; such notes are never read as anything. */
export function isOurs(content: string): boolean {
  return content.startsWith(marker)
}

/** Whether a note of ours with this tag is there already. */
export function isSaid(notes: readonly Note[], tag: string): boolean {
  return notes.some(({ content }) => isOurs(content) && content.endsWith(`[${tag}]`))
}

/** Writes a note once: the tag, at its end, tells a retry what was written before. */
export async function say(
  calls: Pick<PagerDutyCalls, 'notes' | 'addNote'>,
  { incidentId, tag, text }: { incidentId: string; tag: string; text: string },
  signal: AbortSignal,
): Promise<void> {
  if (isSaid(await calls.notes(incidentId, signal), tag)) return
  await calls.addNote(incidentId, `${marker} ${cut(text, 8000)} [${tag}]`, signal)
}
