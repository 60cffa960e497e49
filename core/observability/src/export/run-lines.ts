import { LoopError, type LoopInstance, type LoopStore } from '@loop-engine/core'

import { entryPages } from '../pages.ts'
import { droppedOf } from '../verify/verify-stored-run.ts'
import type { ExportedLog } from './exported-log.ts'
import { definitionLine, entryLine, evidenceLine } from './format.ts'
import type { ExportDropped, ExportRun } from './schemas.ts'

/** The lines of one run: its entries with their proofs, and the definitions that no run before it needed. */
export async function* runLines(
  store: LoopStore,
  instance: LoopInstance,
  {
    log,
    includeEvidence,
    definitions,
  }: { log: ExportedLog; includeEvidence: boolean; definitions: Set<string> },
): AsyncGenerator<string> {
  const { tenant, runId, loopId, aggregateId, version, head } = instance
  const dropped = await droppedOf(store, instance)
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
  const through = dropped?.through ?? 0
  for (let seq = 1; seq <= through; seq++) {
    yield droppedLine(log, runId, seq)
    yield* proofLines(log, log.indexOf(runId, seq))
  }
  for await (const page of entryPages(store, tenant, runId, version, through + 1)) {
    for (const { seq, hash, body, evidence, salt } of page) {
      for (const digest of newDefinitions(body, definitions)) {
        const text = await store.definition(digest)
        if (text !== null) yield definitionLine(digest, text)
      }
      const leaf = log.indexOf(runId, seq)
      yield entryLine(hash, leaf, body)
      yield* proofLines(log, leaf)
      if (includeEvidence && evidence !== null && salt !== null) yield evidenceLine(salt, evidence)
    }
  }
}

/** Instead of an entry that retention took. */
function droppedLine(log: ExportedLog, runId: string, seq: number): string {
  const leaf = log.indexOf(runId, seq)
  const leafHash = leaf === null ? undefined : log.hashAt(leaf)
  if (leaf === null || leafHash === undefined) {
    throw new LoopError('corrupt', 'An entry was dropped, and its leaf is not in the log.', {
      details: { runId, seq },
      hint: 'Verify the store.',
    })
  }
  const line: ExportDropped = { kind: 'dropped', seq, leaf, leafHash }
  return JSON.stringify(line)
}

function* proofLines(log: ExportedLog, leaf: number | null): Generator<string> {
  const path = leaf === null ? null : log.pathOf(leaf)
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
