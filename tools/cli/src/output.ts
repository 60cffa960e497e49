import { once } from 'node:events'
import type { WriteStream } from 'node:tty'
import { stripVTControlCharacters, styleText } from 'node:util'

import { spellOut } from '@loop-engine/observability'
import stringWidth from 'fast-string-width'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean
  /** Whether results are painted. */
  readonly color: boolean
  /** Prints the value under `--json`, else the text. */
  result(value: unknown, text: string): void
  /** Writes to standard output as it is, and waits when the reader is slow; false when the reader has left. */
  raw(text: string): Promise<boolean>
  /** Tells who waits at a terminal for longer than a second how far it is; what is written next takes its place. */
  progress(text: string): void
  /** Takes away how far it was. */
  endProgress(): void
  /** Says something to the person; not under `--json`. */
  note(text: string): void
  error(text: string): void
  paint(style: Style, text: string): string
}

export interface OutputOptions {
  readonly json: boolean
  readonly color: boolean
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** How often a person is told how far it is. */
const progressMs = 1000
const eraseLine = '\r\u001b[K'

export function createOutput({
  json,
  color,
  out,
  err,
  now = () => performance.now(),
}: OutputOptions): Output {
  const paints = color && !json && hasColors(out)
  let toldAt = now()
  let isTold = false
  const endProgress = (): void => {
    if (isTold) err.write(eraseLine)
    isTold = false
  }
  const tell = (text: string): void => {
    endProgress()
    err.write(`${json || hasColors(err) ? text : stripVTControlCharacters(text)}\n`)
  }
  return {
    json,
    color: paints,
    result: (value, text) => {
      endProgress()
      out.write(`${json ? JSON.stringify(value, null, 2) : text}\n`)
    },
    progress(text) {
      if (json || !isTerminal(err) || now() - toldAt < progressMs) return
      err.write(`${eraseLine}${text}`)
      isTold = true
      toldAt = now()
    },
    endProgress,
    async raw(text) {
      if (out.write(text)) return true
      try {
        await once(out, 'drain')
        return true
      } catch {
        return false // Why it cannot be written is told where the process begins.
      }
    },
    note: (text) => {
      if (!json) tell(text)
    },
    error: tell,
    paint: (style, text) => (paints ? styleText(style, text, { stream: out }) : text),
  }
}

function isTerminal(stream: NodeJS.WritableStream & { isTTY?: boolean }): boolean {
  return stream.isTTY === true
}

/** As a terminal says of itself, which knows of NO_COLOR and TERM=dumb; nothing else can say so. */
function hasColors(out: NodeJS.WritableStream & { hasColors?: WriteStream['hasColors'] }): boolean {
  return out.hasColors?.() === true
}

/** One line that a terminal cannot be tricked with: titles and reasons come from outside. */
export const plain: (text: string) => string = spellOut

/** Wider than any id of ours; whatever is wider moves its own row, and not all the others. */
const widest = 48

/** Aligns columns by their widest cell, as a terminal shows it: a character may be two columns wide, or none. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) =>
    Math.max(
      ...cells.map((row) => stringWidth(row[column] ?? '')).filter((width) => width <= widest),
    ),
  )
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(cell.length + (widths[column] ?? 0) - stringWidth(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function time(at: number): string {
  const date = new Date(at)
  // A row that was changed by hand may claim any number.
  if (Number.isNaN(date.getTime())) return String(at)
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
