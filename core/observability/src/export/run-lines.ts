import { LoopError, type LogLeaf, type LoopInstance, type LoopStore } from '@loop-engine/core'

import { entryPages, pageSize } from '../pages.ts'
import { droppedOf, droppedThrough } from '../verify/verify-stored-run.ts'
import { definitionLine, entryLine, evidenceLine } from './format.ts'
import type { ExportDropped, ExportRun } from './schemas.ts'

interface RunLinesOptions {
  /** The size of the exported log; entries behind it count as not logged. */
  readonly size: number
  /** Inclusion proofs by place in the log; null if the whole log is exported, where no entry needs one. */
  readonly proofs: ReadonlyMap<number, readonly string[]> | null
  readonly includeEvidence: boolean
  /** Digests of the definitions that were written. */
  readonly definitions: Set<string>
}

/** The lines of one run: its entries with their proofs, and the definitions that no run before it needed. */
export async function* runLines(
  store: LoopStore,
  listed: LoopInstance,
  { size, proofs, includeEvidence, definitions }: RunLinesOptions,
): AsyncGenerator<string> {
  const { instance, dropped, pages } = await openRun(store, listed)
  const { runId, loopId, aggregateId, version, head } = instance
  const run: ExportRun = {
    kind: 'run',
    runId,
    loopId,
    aggregateId,
    version,
    head,
    ...(dropped && { dropped: { through: dropped.through, head: dropped.head } }),
  }
  yield JSON.stringify(run)
  let reached = dropped?.through ?? 0
  for await (const leaf of droppedLeaves(store, instance, size, reached)) {
    const { seq, index, leafHash } = leaf
    yield JSON.stringify({ kind: 'dropped', seq, leaf: index, leafHash } satisfies ExportDropped)
    yield* proofLines(proofs, index)
  }
  for await (const page of pages) {
    const places = await placesOf(store, instance, size, page[0]?.seq ?? 1, page.length)
    for (const { seq, hash, body, evidence, salt } of page) {
      for (const digest of newDefinitions(body, definitions)) {
        const text = await store.definition(digest)
        if (text !== null) yield definitionLine(digest, text)
      }
      const leaf = places.get(seq) ?? null
      yield entryLine(hash, leaf, body)
      yield* proofLines(proofs, leaf)
      if (includeEvidence && evidence !== null && salt !== null) yield evidenceLine(salt, evidence)
      reached = seq
    }
  }
  if (reached < version && (await droppedThrough(store, instance)) > reached) throw taken(runId)
}

/** A run, what retention dropped of it, and the rest of its entries. */
async function openRun(store: LoopStore, listed: LoopInstance) {
  const { tenant, runId } = listed
  const pages = entryPages(store, tenant, runId, listed.version)
  const { value: first = [] } = await pages.next()
  if (first[0]?.seq === 1) return { instance: listed, dropped: null, pages: behind(first, pages) }
  // Since the run was listed, entries may have been added to it and retention may have dropped entries.
  const instance = (await store.getRun(tenant, runId)) ?? listed
  const dropped = await droppedOf(store, instance)
  const next = (dropped?.through ?? 0) + 1
  return { instance, dropped, pages: entryPages(store, tenant, runId, instance.version, next) }
}

async function* behind<Page>(first: Page, rest: AsyncIterable<Page>): AsyncGenerator<Page> {
  yield first
  yield* rest
}

function taken(runId: string): LoopError {
  const message = 'Retention took entries of a run while it was exported.'
  return new LoopError('conflict', message, {
    details: { runId },
    hint: 'Export again.',
    retryable: true,
  })
}

/** The places of entries in the log, by their numbers. */
async function placesOf(
  store: LoopStore,
  { tenant, runId }: LoopInstance,
  size: number,
  from: number,
  limit: number,
): Promise<ReadonlyMap<number, number>> {
  const leaves = await store.leavesOf(tenant, runId, { from, limit })
  return new Map(leaves.flatMap(({ seq, index }) => (index < size ? [[seq, index]] : [])))
}

/** The leaves of the entries that retention dropped. */
async function* droppedLeaves(
  store: LoopStore,
  { tenant, runId }: LoopInstance,
  size: number,
  through: number,
): AsyncGenerator<LogLeaf> {
  for (let next = 1; next <= through;) {
    const limit = Math.min(pageSize, through - next + 1)
    const page = await store.leavesOf(tenant, runId, { from: next, limit })
    for (const leaf of page) {
      if (leaf.seq !== next) break
      // It was logged after the export began, and dropped since.
      if (leaf.index >= size) throw taken(runId)
      yield leaf
      next += 1
    }
    if (page.at(-1)?.seq !== next - 1)
      throw new LoopError('corrupt', 'An entry was dropped, and its leaf is not in the log.', {
        details: { runId, seq: next },
        hint: 'Verify the store.',
      })
  }
}

function* proofLines(proofs: RunLinesOptions['proofs'], leaf: number | null): Generator<string> {
  const path = leaf === null ? undefined : proofs?.get(leaf)
  if (path) yield JSON.stringify({ kind: 'proof', leaf, path })
}

/** Digests of definitions that a body names and that were not written yet. */
function newDefinitions(body: string, known: Set<string>): readonly string[] {
  const found = [...body.matchAll(/"definition":"([0-9a-f]{64})"/g)].map(
    ([, digest = '']) => digest,
  )
  const fresh = found.filter((digest) => !known.has(digest))
  for (const digest of fresh) known.add(digest)
  return fresh
}
