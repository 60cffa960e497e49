import { spellOut } from '@loop-engine/core'

import type { TimelineRow } from './timeline.ts'

export interface RenderOptions {
  readonly color?: boolean
  /** Columns of the terminal. */
  readonly width?: number
}

type Paint = 'dim' | 'red' | 'green' | 'yellow'
const codes: Readonly<Record<Paint, number>> = { dim: 2, red: 31, green: 32, yellow: 33 }

/** Renders rows for a terminal. Nothing in them can move the cursor, be invisible, or change the direction of writing. */
export function renderTimeline(
  rows: readonly TimelineRow[],
  { color = false, width = 100 }: RenderOptions = {},
): string {
  const seqWidth = String(rows.at(-1)?.seq ?? 1).length
  const indent = ' '.repeat(seqWidth + 2)
  const room = Math.max(width - indent.length, 20)
  const paint = (text: string, how?: Paint): string =>
    color && how ? `\u001b[${codes[how]}m${text}\u001b[0m` : text
  const line = (text: string, how?: Paint): string => indent + paint(fit(spellOut(text), room), how)

  return rows
    .flatMap((row) => [
      `${paint(`${String(row.seq).padStart(seqWidth)}  ${timeOf(row.at)}  ${spellOut(row.hash).slice(0, 12)}`, 'dim')}`,
      line(row.what, toneOf(row)),
      ...row.guards.map(({ id, passed, severity, reason, message }) =>
        passed
          ? line(`guard ${id} passed`, 'dim')
          : line(
              `guard ${id} ${severity === 'soft' ? 'warned' : 'did not pass'}${reason ? ` (${reason})` : ''}${message ? `: ${message}` : ''}`,
              severity === 'soft' ? 'yellow' : 'red',
            ),
      ),
      ...(row.approval
        ? [line(`approval ${row.approval.id}, revision ${row.approval.revision}`, 'dim')]
        : []),
      ...(row.evidence === null ? [] : [line(`evidence: ${row.evidence}`, 'dim')]),
    ])
    .map((text) => `${text}\n`)
    .join('')
}

function toneOf({ toState, guards }: TimelineRow): Paint | undefined {
  if (guards.some(({ passed, severity }) => !passed && severity === 'hard')) return 'red'
  return toState === null ? undefined : 'green'
}

function timeOf(at: number): string {
  // Beyond this, JavaScript has no dates; a forged entry may claim any number.
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at)
}

function fit(text: string, room: number): string {
  const characters = Array.from(text)
  return characters.length <= room ? text : `${characters.slice(0, room - 1).join('')}…`
}
