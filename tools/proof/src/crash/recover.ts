import { definitionDigest } from '@loop-engine/dsl'
import { checkInvariants, type Operation } from '@loop-engine/testing'

import { proofLoop } from '../proof-loop.ts'
import { onceLoop } from './once-loop.ts'
import { openSurvivor } from './survivor.ts'
import type { Acknowledged } from './workers.ts'

export interface Recovery {
  readonly acknowledged: number
  readonly runs: number
  /** The number of at-most-once effects that were interrupted: they are recorded as unknown and not run again. */
  readonly unknown: number
  readonly problems: readonly string[]
}

/** Returns the recovery, with `problem` added unless `holds` is true. */
export function showing(recovery: Recovery, holds: boolean, problem: string): Recovery {
  return holds ? recovery : { ...recovery, problems: [...recovery.problems, problem] }
}

/** Starts once more after the last crash, lets everything finish, and looks for lost, doubled and stuck work. */
export async function recover(
  place: string,
  bankPath: string,
  acknowledged: readonly Acknowledged[],
  operations: readonly Operation[] = [],
): Promise<Recovery> {
  const { store, bank, finish, close } = await openSurvivor(place, bankPath)
  const problems: string[] = []
  await finish()

  const definitions = new Map([proofLoop, onceLoop].map((loop) => [definitionDigest(loop), loop]))
  for (const { invariant, message, runId, seq } of await checkInvariants({
    store,
    tenants: ['default'],
    definitions,
    operations,
    identityClassOf: (id) => id,
  })) {
    problems.push(`invariant ${invariant}: ${message} (${runId ?? ''} ${seq ?? ''})`)
  }
  for (const { runId, seq, hash } of acknowledged) {
    const [entry] = await store.entries('default', runId, { from: seq, to: seq })
    if (entry?.hash !== hash) problems.push(`an acknowledged commit is lost: ${runId} ${seq}`)
  }
  for (const { action, key, calls } of bank.calls()) {
    if (action === 'fire' && calls > 1)
      problems.push(`an at-most-once effect ran ${calls} times: ${key}`)
  }
  let runs = 0
  let unknown = 0
  for (let cursor: string | undefined; ;) {
    const page = await store.find({
      tenant: 'default',
      limit: 500,
      ...(cursor !== undefined && { cursor }),
    })
    for (const { runId, currentState } of page.items) {
      runs++
      if (currentState !== 'PAYING' && currentState !== 'FIRING') continue
      const entries = await store.entries('default', runId)
      if (entries.at(-1)?.type === 'loop.effect.unknown') unknown++
      else problems.push(`a run is stuck in ${currentState}: ${runId}`)
    }
    cursor = page.cursor
    if (cursor === undefined) break
  }
  await close()
  return { acknowledged: acknowledged.length, runs, unknown, problems }
}
