/** Does its work `count` times. */
export type Work = (count: number) => Promise<void> | void

/** Prepares the work of one round, on data of its own, and a function that cleans up after it. */
export interface Contender {
  prepare(): Promise<{ work: Work; done?: () => Promise<void> | void }>
}

export interface Rounds {
  readonly rounds: number
  readonly ms: number
  /** The number of operations between two reads of the clock. */
  readonly batch: number
}

/**
 * The operations per second of each contender: the median of
 * alternating rounds, so that a slow moment affects all alike.
 */
export async function rates<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, ms, batch }: Rounds,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[]
  const seen = new Map<Name, number[]>(names.map((name) => [name, []]))
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { work, done } = await contenders[name].prepare()
      const rate = await rateOf(work, ms, batch)
      await done?.()
      if (round > 0) seen.get(name)?.push(rate)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seen.get(name) ?? [])])) as Record<
    Name,
    number
  >
}

/** The operations per second, measured for `ms` milliseconds after one batch that warms up. */
export async function rateOf(work: Work, ms: number, batch: number): Promise<number> {
  await work(batch)
  const start = performance.now()
  let count = 0
  let now = start
  while (now - start < ms) {
    await work(batch)
    count += batch
    now = performance.now()
  }
  return count / ((now - start) / 1000)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
