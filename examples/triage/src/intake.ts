import type { LoopError } from '@loop-engine/sdk'

import type { IgnoredReason } from './signals/findings.ts'
import type { Delivery } from './signals/payloads.ts'
import { createSignalMemory, toSignal } from './signals/signals.ts'
import type { Triage } from './triage.ts'

/** A matter for which the agent proposed nothing, and why. */
export interface Unproposed {
  readonly key: string
  readonly failure: LoopError
}

/** What became of the payloads in the stream. */
export interface IntakeCounts {
  read: number
  signals: number
  /** Signals that repeat an earlier one. */
  duplicates: number
  /** Signals with news of a matter that has a run already. */
  news: number
  /** Runs that this start opened. */
  opened: number
  /** Matters whose run an earlier start, or another one at the same time, had opened. */
  known: number
  readonly unproposed: Unproposed[]
  readonly ignored: Partial<Record<IgnoredReason, number>>
}

export interface IntakeOptions {
  readonly triage: Triage
  /** Ends the reading before the next payload. */
  readonly abort: AbortSignal
  readonly onProgress: (counts: Readonly<IntakeCounts>) => void
}

/** Reads the stream to its end, and takes each new matter as far as it goes without a person. */
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
    unproposed: [],
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
    else {
      const { opened, failure } = await triage.take(signal)
      if (opened) counts.opened++
      else counts.known++
      if (failure && failure.code !== 'aborted')
        counts.unproposed.push({ key: signal.key, failure })
    }
    onProgress(counts)
  }
  return counts
}
