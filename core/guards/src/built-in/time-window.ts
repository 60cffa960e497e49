import type { Guard, JsonObject, JsonValue } from '@loop-engine/core'

import { checkedBy, listOf, oneOf, optional, type ParameterCheck } from './parameters.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const clockTime = /^([01]\d|2[0-3]):([0-5]\d)$/
const dayMinutes = 24 * 60

interface LocalTime {
  /** 0 is Monday. */
  readonly day: number
  readonly minute: number
}

/**
 * `{ timeZone: 'Europe/Berlin', from: '09:00', to: '17:00', days?: ['mon', 'fri'] }`: judged within these
 * hours; `to` is outside. A window over midnight belongs to the day on which it begins.
 */
export function createTimeWindowGuard(): Guard {
  const formats = new Map<string, Intl.DateTimeFormat>()
  const formatOf = (timeZone: string): Intl.DateTimeFormat => {
    const format = formats.get(timeZone) ?? localFormat(timeZone)
    formats.set(timeZone, format)
    return format
  }

  return {
    contract: 'guard/v1',
    id: 'time-window',
    description: 'It is between `from` and `to` on one of `days`.',
    check(parameters) {
      const problems = shape(parameters)
      const empty = parameters.from !== undefined && parameters.from === parameters.to
      return empty ? [...problems, '"from" and "to" must differ.'] : problems
    },
    evaluate({ parameters, now }) {
      const { timeZone } = parameters
      const local = typeof timeZone === 'string' && localTime(formatOf(timeZone), now)
      return {
        passed: local !== false && isWithin(local, parameters),
        message: 'This may not be done at this time.',
      }
    },
  }
}

const timeZoneCheck: ParameterCheck = (value) => {
  try {
    if (typeof value === 'string' && localFormat(value)) return null
  } catch {
    // Intl throws for what it does not know.
  }
  return 'a time zone such as Europe/Berlin or UTC'
}
const timeCheck: ParameterCheck = (value) =>
  minuteOf(value) === null ? 'a time such as 09:00' : null
const shape = checkedBy({
  timeZone: timeZoneCheck,
  from: timeCheck,
  to: timeCheck,
  days: optional(listOf(oneOf(weekdays), weekdays.join(', '))),
})

function isWithin({ day, minute }: LocalTime, { from, to, days }: JsonObject): boolean {
  const start = minuteOf(from)
  const end = minuteOf(to)
  if (start === null || end === null) return false
  const overMidnight = end <= start
  const inMorningPart = overMidnight && minute < end
  const within = overMidnight ? inMorningPart || minute >= start : minute >= start && minute < end
  const began = inMorningPart ? (day + 6) % 7 : day
  return (
    within && (days === undefined || (Array.isArray(days) && days.includes(weekdays[began] ?? '')))
  )
}

function minuteOf(value: JsonValue | undefined): number | null {
  const match = typeof value === 'string' ? clockTime.exec(value) : null
  return match ? (Number(match[1]) * 60 + Number(match[2])) % dayMinutes : null
}

function localFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
}

function localTime(format: Intl.DateTimeFormat, now: number): LocalTime {
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const name = parts.get('weekday')?.toLowerCase()
  return {
    day: weekdays.findIndex((weekday) => weekday === name),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  }
}
