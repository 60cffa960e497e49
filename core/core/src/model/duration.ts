import { LoopError } from '../errors.ts'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const pattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/
/** A thousand years: added to any day, it still gives a valid date, and a number that every store can keep. */
const longestMs = 365_000 * unitMs.d

/** Milliseconds of a duration such as `500ms`, `30s`, `5m`, `2h`, `7d` or `2w`. Throws `invalid_input`. */
export function parseDuration(text: string, path?: string): number {
  const match = pattern.exec(text)
  if (!match) {
    throw new LoopError('invalid_input', 'A duration could not be read.', {
      path,
      hint: 'Write a number and a unit: 500ms, 30s, 5m, 2h, 7d or 2w.',
    })
  }
  const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs])
  if (ms <= longestMs) return ms
  throw new LoopError('invalid_input', 'A duration is longer than a thousand years.', { path })
}

/** Whether a text is a duration that takes any time at all. */
export function isDuration(value: string): boolean {
  try {
    return parseDuration(value) > 0
  } catch {
    return false
  }
}
