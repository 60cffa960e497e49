import { once } from 'node:events'
import type { WriteStream } from 'node:tty'
import { stripVTControlCharacters, styleText } from 'node:util'

import { spellOut } from '@loop-engine/observability'
import stringWidth from 'fast-string-width'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean
  /** Whether results are coloured. */
  readonly color: boolean
  /** Prints the value under `--json`, otherwise the text. */
  result(value: unknown, text: string): void
  /** Writes the text unchanged to standard output and waits for a slow reader; false if the reader has left. */
  raw(text: string): Promise<boolean>
  /** Shows progress to a person at a terminal, at most once a second. Whatever is written next replaces it. */
  progress(text: string): void
  /** Erases the progress that is shown. */
  endProgress(): void
  /** Writes a remark for people to standard error; nothing under `--json`. */
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

/** How often progress is shown. */
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
  let shownAt = now()
  let isShown = false
  const endProgress = (): void => {
    if (isShown) err.write(eraseLine)
    isShown = false
  }
  const writeLine = (text: string): void => {
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
      if (json || !isTerminal(err) || now() - shownAt < progressMs) return
      err.write(`${eraseLine}${text}`)
      isShown = true
      shownAt = now()
    },
    endProgress,
    async raw(text) {
      if (out.write(text)) return true
      try {
        await once(out, 'drain')
        return true
      } catch {
        return false // main.ts reports why standard output cannot be written.
      }
    },
    note: (text) => {
      if (!json) writeLine(text)
    },
    error: writeLine,
    paint: (style, text) => (paints ? styleText(style, text, { stream: out }) : text),
  }
}

function isTerminal(stream: NodeJS.WritableStream & { isTTY?: boolean }): boolean {
  return stream.isTTY === true
}

/** Only a terminal has `hasColors`, which also obeys NO_COLOR and TERM=dumb. */
function hasColors(out: NodeJS.WritableStream & { hasColors?: WriteStream['hasColors'] }): boolean {
  return out.hasColors?.() === true
}

/** The text on one line, without characters that control a terminal: titles and reasons come from outside. */
export const plain: (text: string) => string = spellOut

/** Wider than any id that the engine makes. A cell that is wider shifts its own row, and not the whole column. */
const widest = 48

/** Aligns columns by their widest cell, measured as a terminal shows it: a character takes one column, two or none. */
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
  // A row that was changed by hand may hold any number.
  if (Number.isNaN(date.getTime())) return String(at)
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
