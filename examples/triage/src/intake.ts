import type { IgnoredReason } from './findings.ts'
import type { Delivery } from './payloads.ts'
import { createSignalMemory, toSignal } from './signals.ts'
import type { Triage } from './triage.ts'

/** What became of the stream. */
export interface IntakeCounts {
  read: number
  signals: number
  /** Signals that repeat one before them. */
  duplicates: number
  /** Signals that bring news of a matter that is open or was decided already. */
  news: number
  /** Runs that this start opened. */
  opened: number
  /** Matters whose run was there already. */
  known: number
  readonly ignored: Partial<Record<IgnoredReason, number>>
}

export interface IntakeOptions {
  readonly triage: Triage
  /** Ends the reading between two payloads. */
  readonly abort: AbortSignal
  readonly onProgress: (counts: Readonly<IntakeCounts>) => void
}

/** Reads the stream to its end and takes each matter, once, as far as it goes without a person. */
export async function takeIn(
  payloads: AsyncIterable<Delivery>,
  { triage, abort, onProgress }: IntakeOptions,
): Promise<IntakeCounts> {
  const counts: IntakeCounts = {
    read: 0,
    signals: 0,
    duplicates: 0,
    news: 0,
    opened: 0,
    known: 0,
    ignored: {},
  }
  const memory = createSignalMemory()
  for await (const { event, payload } of payloads) {
    if (abort.aborted) break
    counts.read++
    const signal = toSignal(event, payload)
    if (signal.kind === 'ignored') {
      counts.ignored[signal.reason] = (counts.ignored[signal.reason] ?? 0) + 1
      continue
    }
    counts.signals++
    const novelty = memory.recognise(signal)
    if (novelty === 'duplicate') counts.duplicates++
    else if (novelty === 'changed') counts.news++
    else if ((await triage.take(signal)).opened) counts.opened++
    else counts.known++
    onProgress(counts)
  }
  return counts
}
