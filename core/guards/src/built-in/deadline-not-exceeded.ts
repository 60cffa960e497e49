import type { Guard, JsonObject, JsonValue, LoopInstance } from '@loop-engine/core'

import { checkedBy, duration, durationMs, optional, text } from './parameters.ts'
import { readField } from './read-field.ts'

// Without a zone a time would mean something else on another machine.
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/

/**
 * One of `{ at: '2026-12-31T18:00Z' }`; `{ within: '2d' }`, from the start of the run; or `{ metadata: '/dueAt' }`, a field
 * of the metadata with which the run was started. Evidence cannot move a deadline.
 */
export const deadlineNotExceeded: Guard = {
  contract: 'guard/v1',
  id: 'deadline-not-exceeded',
  description: 'The deadline has not passed.',
  check(parameters) {
    const problems = checkedBy({
      at: optional((value) =>
        timeOf(value) === null ? 'a time with its zone, such as 2026-12-31T18:00Z' : null,
      ),
      within: optional(duration),
      metadata: optional(text),
    })(parameters)
    if (Object.keys(parameters).length === 1) return problems
    return [...problems, 'Give exactly one of "at", "within" and "metadata".']
  },
  evaluate({ instance, parameters, now }) {
    const deadline = deadlineOf(instance, parameters)
    if (deadline === null) return { passed: false, message: 'The deadline is not known.' }
    return { passed: now <= deadline, message: 'The deadline has passed.' }
  },
}

function deadlineOf(
  { createdAt, metadata: started }: LoopInstance,
  parameters: JsonObject,
): number | null {
  const { at, within, metadata } = parameters
  if (within !== undefined) return createdAt + durationMs(within)
  return timeOf(metadata === undefined ? at : readField(started, metadata))
}

function timeOf(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !timestamp.test(value)) return null
  const time = Date.parse(value)
  return Number.isNaN(time) || !isDay(value.slice(0, 10)) ? null : time
}

// `Date.parse` reads the 30th of February as the 2nd of March.
function isDay(date: string): boolean {
  return new Date(date).toISOString().startsWith(date)
}
