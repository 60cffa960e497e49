import { useEffect, useState, type ReactNode } from 'react'

const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** When, as a person says it, with the exact time beside it for whoever asks. */
export function Moment({ at }: { readonly at: number }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={absolute.format(at)}>
      {distanceOf(at - now)}
    </time>
  )
}

export function ExactMoment({ at }: { readonly at: number }): ReactNode {
  return <time dateTime={new Date(at).toISOString()}>{absolute.format(at)}</time>
}

function distanceOf(milliseconds: number): string {
  if (Math.abs(milliseconds) < 1000) return 'now'
  // It is told anew a few times a minute: seconds beside minutes would be wrong most of the time.
  const distance = Math.abs(milliseconds)
  const length = lengthOf(distance < 60_000 ? distance : distance - (distance % 60_000))
  return milliseconds > 0 ? `in ${length}` : `${length} ago`
}

/** A length of time in its two largest units, e.g. `2 h 5 min`. */
export function lengthOf(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.round(milliseconds / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** The time, told anew often enough for what is shown. */
function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
