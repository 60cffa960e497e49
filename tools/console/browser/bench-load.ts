export interface LoadOptions {
  readonly url: string
  readonly key: string
  readonly perSecond: number
  /** Over how many runs they are spread. */
  readonly runs: number
}

export interface Load {
  stop(): Promise<{ readonly done: number; readonly failed: number; readonly p95: number }>
}

/** Transitions at a steady rate, whatever the server makes of it, for at most five minutes. */
export function createLoad({ url, key, perSecond, runs }: LoadOptions): Load {
  const taken: number[] = []
  const pending = new Set<Promise<void>>()
  let [sent, failed] = [0, 0]
  const began = performance.now()

  const send = async (): Promise<void> => {
    const from = performance.now()
    try {
      const response = await fetch(`${url}/api/v1/instances/busy-${sent++ % runs}/transitions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ transition: 'note', evidence: { note: 'still here' } }),
      })
      await response.arrayBuffer()
      if (response.status !== 200) failed += 1
    } catch {
      failed += 1
    }
    taken.push(performance.now() - from)
  }
  const timer = setInterval(() => {
    const due = Math.min(((performance.now() - began) / 1000) * perSecond, perSecond * 300)
    while (sent < due) {
      const work = send()
      pending.add(work)
      void work.finally(() => pending.delete(work))
    }
  }, 10)

  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
      const sorted = taken.toSorted((one, other) => one - other)
      const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN
      return { done: taken.length, failed, p95 }
    },
  }
}
