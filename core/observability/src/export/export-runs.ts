import { parseJson, type LedgerEntry, type LoopDefinition } from '@loop-engine/core'
import type { z } from 'zod'

import { leafHash } from '../log/merkle.ts'
import { createCounterUses, overrunFault } from '../verify/checks/counters.ts'
import { openDefinition } from '../verify/checks/definitions.ts'
import { typeOf } from '../verify/checks/entry-tail.ts'
import type { VerifyFault } from '../verify/checks/fault.ts'
import { createRunCheck, type RunCheck } from '../verify/checks/run-check.ts'
import { evidenceFits } from '../verify/checks/stored-bytes.ts'
import { bad, BadLine } from './bad-line.ts'
import type { readDefinitionLine, readEntryLine, readEvidenceLine } from './format.ts'
import { createAllLeaves, createProvenLeaves } from './leaves.ts'
import type { ExportDropped, ExportEnd, ExportHeader, ExportRun, proofSchema } from './schemas.ts'

/** Checks the lines between the header and the end of an export. Throws `BadLine` at the first that does not hold. */
export interface ExportRuns {
  readonly counts: Readonly<
    Record<'entries' | 'runs' | 'unlogged' | 'dropped' | 'withheld', number>
  >
  openRun(run: ExportRun): void
  /** Returns a promise only if checking the entry has to wait. */
  addEntry(entry: ReturnType<typeof readEntryLine>): void | Promise<void>
  /** Adds an entry that retention dropped: only its leaf is known. */
  addDropped(entry: ExportDropped): void
  addDefinition(definition: NonNullable<ReturnType<typeof readDefinitionLine>>): void
  addEvidence(evidence: NonNullable<ReturnType<typeof readEvidenceLine>>): void
  addProof(proof: z.infer<typeof proofSchema>): void
  closeRun(): void
  /** Whether the entries are those of the log. */
  fit(head: ExportEnd): boolean
  /** Throws when the runs together took more than a limit allows. */
  refuseOverrun(): void
}

export function createExportRuns(
  { tenant, scope, evidence: withEvidence }: ExportHeader,
  deep: boolean,
): ExportRuns {
  const counts = { entries: 0, runs: 0, unlogged: 0, dropped: 0, withheld: 0 }
  const definitions = new Map<string, LoopDefinition>()
  const find = deep ? (wanted: string) => definitions.get(wanted) ?? null : undefined
  const leaves = scope === 'part' ? createProvenLeaves() : createAllLeaves()
  const counters = createCounterUses()
  const seen = new Set<string>()
  let run: { readonly announced: ExportRun; readonly check: RunCheck } | undefined
  /** How many leaves of dropped entries the run has yet to show. */
  let owed = 0
  /** The entry of the line before, for the evidence that follows it. */
  let last: { readonly body: string; readonly seq: number; hasEvidence?: true } | undefined
  /** Entries of the run whose evidence is not here. */
  const missing = new Set<number>()

  function refuseUnproven(): void {
    if (leaves.isUnproven) throw bad('bad_proof', 'An entry of the log comes without its proof.')
  }

  function refuseOwed(): void {
    if (owed > 0) throw bad('truncated', 'Dropped entries come without their leaves.')
  }

  /** Remembers the entry that was read last if its evidence did not follow it. */
  function missEvidence(): void {
    if (!last || !withEvidence || last.hasEvidence) return
    // Most entries name no evidence, and need not be parsed.
    if (last.body.includes('"evidence":{') && readBody(last.body).evidence) missing.add(last.seq)
  }

  function closeRun(): void {
    refuseUnproven()
    missEvidence()
    counts.withheld += missing.size
    missing.clear()
    if (!run) return
    refuseOwed()
    const { announced, check } = run
    if (check.entries !== announced.version || check.head !== announced.head) {
      throw bad('truncated', 'The run does not end where it says.', {
        runId: announced.runId,
        seq: check.entries,
      })
    }
    run = undefined
  }

  return {
    counts,
    closeRun,
    fit: (head) => leaves.fit(head),
    refuseOverrun: () => counters.all().map(overrunFault).forEach(refuse),
    openRun(announced) {
      closeRun()
      const { runId, loopId, aggregateId, dropped = null } = announced
      if (seen.has(runId)) throw bad('wrong_run', 'The run is here twice.')
      seen.add(runId)
      counts.runs += 1
      owed = dropped?.through ?? 0
      last = undefined
      const names = { tenant, loopId, aggregateId }
      const options = { stored: false, dropped, names, counters }
      run = { announced, check: createRunCheck(runId, find, options) }
    },
    addEntry(entry) {
      if (!entry || !run) throw bad('bad_line', 'The line is no entry of a run.')
      refuseUnproven()
      refuseOwed()
      const { hash, leaf, body } = entry
      const { check, announced } = run
      const seq = check.entries + 1
      counts.entries += 1
      missEvidence()
      last = { body, seq }
      if (leaf === null) counts.unlogged += 1
      else leaves.add(leaf, leafHash(body))
      const type = (typeOf(body) ?? '') as Parameters<RunCheck['add']>[0]['type']
      if (type === 'loop.evidence.erased') missing.delete(Number(readBody(body).data?.['seq']))
      const fault = check.add({
        runId: announced.runId,
        seq,
        type,
        transitionId: null,
        at: 0,
        hash,
        body,
        evidence: null,
        salt: null,
      })
      return fault instanceof Promise ? fault.then(refuse) : refuse(fault)
    },
    addDropped({ seq, leaf, leafHash: hash }) {
      const expected = (run?.announced.dropped?.through ?? 0) - owed + 1
      if (!run || owed === 0 || seq !== expected || leaves.isUnproven)
        throw bad('bad_line', 'The line is no dropped entry of the run.')
      owed -= 1
      counts.dropped += 1
      last = undefined
      leaves.add(leaf, hash)
    },
    addDefinition({ digest, text }) {
      const definition = openDefinition(text, digest)
      if (!definition)
        throw bad('missing_definition', 'The definition is not what its digest says.')
      definitions.set(digest, definition)
    },
    addEvidence({ salt, text }) {
      if (!last || !withEvidence || !evidenceFits({ body: last.body, evidence: text, salt }))
        throw bad('evidence_mismatch', 'The evidence is not what the entry before it names.')
      last.hasEvidence = true
    },
    addProof({ leaf, path }) {
      if (!leaves.prove(leaf, path))
        throw bad('bad_proof', 'The proof is not of the entry before it.')
    },
  }
}

function readBody(body: string): Partial<LedgerEntry> {
  try {
    return { ...(parseJson(body) as Partial<LedgerEntry> | null) }
  } catch {
    throw bad('not_canonical', 'The entry cannot be read.')
  }
}

function refuse(fault: VerifyFault | null): void {
  if (fault) throw new BadLine(fault)
}
