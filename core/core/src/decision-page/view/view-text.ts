import type { ApprovalRequest, ApprovalView } from '../../model/approval.ts'
import { spellOut } from '../../spell-out.ts'
import { contextOf, effectOf, evidenceOf, type ViewFact } from './view-facts.ts'

export interface ViewTextOptions {
  /** Longer values are cut, and say by how much; the page shows them whole. */
  readonly maxValueLength?: number
}

/**
 * Renders a view as plain text, for mails, notes and logs. Each line of a value with several lines begins with a bar, so
 * that text of a model cannot pose as one of our lines.
 */
export function renderViewText(
  request: ApprovalRequest,
  view: ApprovalView,
  { maxValueLength = 1000 }: ViewTextOptions = {},
): string {
  const line = ({ label, text, fromModel }: ViewFact): string => {
    const shown = cut(text, maxValueLength)
    const mark = fromModel ? ' (written by a model)' : ''
    return shown.includes('\n')
      ? `${label}${mark}:\n${shown.replaceAll(/^/gm, '  | ')}`
      : `${label}${mark}: ${shown}`
  }
  const effect = effectOf(view)
  return [
    spellOut(view.title),
    ...view.warnings.map((warning) => `Warning: ${spellOut(warning)}`),
    '',
    ...contextOf(request, view).map(line),
    `Expires: ${timeText(view.expiresAt)}`,
    '',
    'Evidence',
    ...evidenceOf(view).map(line),
    ...(effect ? ['', 'What will run', line(effect)] : []),
  ].join('\n')
}

/** A time in a form that people everywhere read the same way. */
export function timeText(at: number): string {
  const date = new Date(at)
  // A row that was changed by hand may claim any number.
  if (Number.isNaN(date.getTime())) return String(at)
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The text, or its beginning with a note of how much is missing. */
export function cut(text: string, longest: number): string {
  const characters = Array.from(text)
  if (characters.length <= longest) return text
  return `${characters.slice(0, longest).join('')} … (${characters.length - longest} more characters)`
}
