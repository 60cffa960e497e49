import { createHash } from 'node:crypto'

import {
  isLoopError,
  LoopError,
  parseStrictJson,
  type LedgerEntry,
  type LoopDefinition,
} from '@loop-engine/core'
import type { z } from 'zod'

import { isValidAt, openCheckpoint, originOf, vouchesFor, type Checkpoint } from './checkpoint.ts'
import { readDefinition } from './definitions.ts'
import { typeOf } from './entry-tail.ts'
import {
  isEntryLine,
  readDefinitionLine,
  readEntryLine,
  readEvidenceLine,
  sealText,
} from './export-format.ts'
import { createLeaves } from './export-leaves.ts'
import {
  droppedSchema,
  endSchema,
  headerSchema,
  proofSchema,
  runSchema,
  type ExportDropped,
  type ExportEnd,
  type ExportHeader,
  type ExportRun,
} from './export-schemas.ts'
import type { VerifyFault } from './fault.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { leafHash } from './merkle.ts'
import { openNote } from './note.ts'
import { createRunCheck, type RunCheck } from './run-check.ts'
import { evidenceFits } from './stored-bytes.ts'
import type { ExportFault, ExportReport, VerifyExportOptions } from './verify-export.ts'

/** Carries a fault to the top; it never leaves the verifier. */
export class BadLine extends Error {
  readonly fault: Omit<ExportFault, 'line'>
  constructor(fault: Omit<ExportFault, 'line'>) {
    super(fault.message)
    this.fault = fault
  }
}

const batchLength = 1 << 16

export interface ExportReader {
  counts(): Omit<ExportReport, 'ok' | 'durationMs' | 'first'>
  /** A promise only when the line has to be waited for. */
  line(line: string): void | Promise<void>
  close(): void
}

/** Reads the lines of an export one by one, and throws at the first that does not hold. */
export function createReader({
  keys = [],
  deep = false,
  onProgress,
  maxLineLength = 16 * 1024 * 1024,
}: VerifyExportOptions): ExportReader {
  const digest = createHash('sha256')
  const definitions = new Map<string, LoopDefinition>()
  const find = deep ? (wanted: string) => definitions.get(wanted) ?? null : undefined
  const seen = new Set<string>()
  const leaves = createLeaves()
  const proofs: { leaf: number; hash: string; path: readonly string[] }[] = []
  let waiting = ''
  let [lines, entries, runs, unlogged, dropped, withheld] = [0, 0, 0, 0, 0, 0]
  /** Leaves of dropped entries that the run has yet to show. */
  let owed = 0
  let header: ExportHeader | undefined
  let end: ExportEnd | undefined
  let run: { readonly announced: ExportRun; readonly check: RunCheck } | undefined
  /** The entry of the line before, for the proof and the evidence that follow it. */
  let last: { readonly body: string; readonly seq: number; hasEvidence?: true } | undefined
  /** Entries of the run whose evidence is not here. */
  const missing = new Set<number>()
  /** The leaf that the next line has to prove. */
  let unproven: { readonly leaf: number; readonly hash: string } | undefined
  let signedBy: readonly string[] = []
  let sealed = false

  function openRun(announced: ExportRun): void {
    closeRun()
    if (seen.has(announced.runId)) throw bad('wrong_run', 'The run is here twice.')
    seen.add(announced.runId)
    runs += 1
    const gone = announced.dropped ?? null
    owed = gone?.through ?? 0
    last = undefined
    const { loopId, aggregateId } = announced
    const names = { tenant: header?.tenant ?? '', loopId, aggregateId }
    run = {
      announced,
      check: createRunCheck(announced.runId, find, { stored: false, dropped: gone, names }),
    }
  }

  function closeRun(): void {
    if (unproven) throw bad('bad_proof', 'An entry of the log comes without its proof.')
    missEvidence()
    withheld += missing.size
    missing.clear()
    if (!run) return
    if (owed > 0) throw bad('truncated', 'Dropped entries come without their leaves.')
    const { announced, check } = run
    if (check.entries !== announced.version || check.head !== announced.head) {
      throw bad('truncated', 'The run does not end where it says.', {
        runId: announced.runId,
        seq: check.entries,
      })
    }
    run = undefined
  }

  function entry(line: string): void | Promise<void> {
    const cut = readEntryLine(line)
    if (!cut || !run) throw bad('bad_line', 'The line is no entry of a run.')
    if (unproven) throw bad('bad_proof', 'An entry of the log comes without its proof.')
    if (owed > 0) throw bad('truncated', 'Dropped entries come without their leaves.')
    const { hash, leaf, body } = cut
    const { check, announced } = run
    entries += 1
    missEvidence()
    last = { body, seq: check.entries + 1 }
    if (leaf === null) unlogged += 1
    else if (header?.scope === 'part') unproven = { leaf, hash: leafHash(body) }
    else leaves.add(leaf, leafHash(body))
    const type = (typeOf(body) ?? '') as Parameters<RunCheck['add']>[0]['type']
    if (type === 'loop.evidence.erased') missing.delete(Number(readBody(body).data?.['seq']))
    const fault = check.add({
      runId: announced.runId,
      seq: check.entries + 1,
      type,
      transitionId: null,
      at: 0,
      hash,
      body,
      evidence: null,
      salt: null,
    })
    if (fault instanceof Promise) return fault.then(refuse)
    refuse(fault)
  }

  /** Stands for an entry that retention took: the log has it, and nothing else is known of it. */
  function addDropped({ seq, leaf, leafHash: hash }: ExportDropped): void {
    const expected = (run?.announced.dropped?.through ?? 0) - owed + 1
    if (!run || owed === 0 || seq !== expected || unproven)
      throw bad('bad_line', 'The line is no dropped entry of the run.')
    owed -= 1
    dropped += 1
    last = undefined
    if (header?.scope === 'part') unproven = { leaf, hash }
    else leaves.add(leaf, hash)
  }

  function other(line: string): void {
    const definition = readDefinitionLine(line)
    if (definition) return addDefinition(definition)
    const evidence = readEvidenceLine(line)
    if (evidence) return addEvidence(evidence)
    const value = parseStrictJson(line, { maxBytes: maxLineLength * 3 })
    const kind =
      typeof value === 'object' && value !== null && 'kind' in value ? value['kind'] : undefined
    if (kind === 'run') openRun(read(runSchema, value))
    else if (kind === 'dropped') addDropped(read(droppedSchema, value))
    else if (kind === 'proof') addProof(read(proofSchema, value))
    else if (kind === 'end') addEnd(read(endSchema, value))
    else throw bad('bad_line', 'The line is of no known kind.')
  }

  function addDefinition({ digest: wanted, text }: { digest: string; text: string }): void {
    const definition = readDefinition(text, wanted)
    if (!definition) throw bad('missing_definition', 'The definition is not what its digest says.')
    definitions.set(wanted, definition)
  }

  function addEvidence({ salt, text }: { salt: string; text: string }): void {
    const stored = last && { body: last.body, evidence: text, salt }
    if (!stored || !header?.evidence || !evidenceFits(stored)) {
      throw bad('evidence_mismatch', 'The evidence is not what the entry before it names.')
    }
    if (last) last.hasEvidence = true
  }

  /** Remembers the entry that was read last if its evidence did not follow it. */
  function missEvidence(): void {
    if (!last || !header?.evidence || last.hasEvidence) return
    // Most name none, and need not be parsed.
    if (last.body.includes('"evidence":{') && readBody(last.body).evidence) missing.add(last.seq)
  }

  function addProof({ leaf, path }: z.infer<typeof proofSchema>): void {
    if (leaf !== unproven?.leaf) throw bad('bad_proof', 'The proof is not of the entry before it.')
    proofs.push({ ...unproven, path })
    unproven = undefined
  }

  function addEnd(announced: ExportEnd): void {
    closeRun()
    end = announced
    digest.update(waiting)
    if (digest.digest('hex') !== announced.digest || announced.lines !== lines - 1)
      throw bad('bad_digest', 'A line was changed, dropped, added or moved.')
    if (announced.runs !== runs || announced.entries !== entries)
      throw bad('truncated', 'The export does not hold what it says.')
    if (!logHolds(announced)) throw bad('bad_root', 'The entries are not those of the log.')
    refuseUnsigned(announced)
  }

  function logHolds({ size, root }: ExportEnd): boolean {
    if (header?.scope === 'part')
      return proofs.every(({ leaf, hash, path }) =>
        verifyInclusion({ leaf: hash, index: leaf, size, root }, path),
      )
    return leaves.rootOf(size) === root
  }

  function refuseUnsigned({ checkpoint, seal, size, root, digest: sum }: ExportEnd): void {
    if (keys.length === 0) return
    if (checkpoint === null) throw bad('bad_signature', 'The export has no signed checkpoint.')
    try {
      const opened = openCheckpoint(checkpoint, keys)
      if (!vouchesFor(opened, header?.tenant ?? '', { size, root }))
        throw bad('bad_signature', 'The checkpoint is not of this log.')
      if (seal !== null && !isSealOf(seal, sum, opened))
        throw bad('bad_signature', 'The seal is not of this export.')
      // The checkpoint vouches for what is in the log, the seal for all lines.
      if (seal === null && unlogged > 0)
        throw bad('bad_signature', `Nobody signed for ${unlogged} entries that are in no log.`)
      sealed = seal !== null
      signedBy = opened.signedBy
    } catch (error) {
      if (!isLoopError(error)) throw error
      throw bad('bad_signature', error.message, { cause: error })
    }
  }

  /** A seal tells no time: it counts if a key of this log made it, which was valid when the checkpoint was made. */
  function isSealOf(seal: string, sum: string, { origin, at }: Checkpoint): boolean {
    const tenant = header?.tenant ?? ''
    const { text, signedBy: sealers } = openNote(seal, keys)
    const counts = sealers.some((by) => isValidAt(by, at) && originOf(by.name, tenant) === origin)
    return counts && text === sealText(tenant, sum)
  }

  function keepForDigest(line: string): void {
    waiting += `${line}\n`
    if (waiting.length < batchLength) return
    digest.update(waiting)
    waiting = ''
  }

  return {
    counts: () => ({
      lines,
      entries,
      runs,
      part: header?.scope === 'part',
      unlogged,
      signedBy,
      sealed,
      ...(dropped > 0 && { dropped }),
      ...(withheld > 0 && { withheld }),
    }),
    line(line) {
      lines += 1
      if (line.length > maxLineLength)
        throw new LoopError('too_large', 'A line of the export is too long.', {
          details: { line: lines },
        })
      if (end) throw bad('bad_line', 'There is a line after the end.')
      if (!line.isWellFormed()) throw bad('bad_line', 'The line is not well-formed text.')
      if (!header) {
        header = read(headerSchema, parseStrictJson(line, { maxBytes: 65_536 }))
        return keepForDigest(line)
      }
      if (!line.startsWith('{"kind":"end"')) keepForDigest(line)
      if (isEntryLine(line)) {
        if (entries % 10_000 === 9_999) onProgress?.({ lines, entries: entries + 1 })
        return entry(line)
      }
      other(line)
    },
    close() {
      if (!end) throw bad('truncated', 'The export has no end.')
    },
  }
}

function readBody(body: string): Partial<LedgerEntry> {
  try {
    return { ...(JSON.parse(body) as Partial<LedgerEntry> | null) }
  } catch {
    throw bad('not_canonical', 'The entry cannot be read.')
  }
}

function refuse(fault: VerifyFault | null): void {
  if (fault) throw new BadLine(fault)
}

function bad(
  fault: ExportFault['fault'],
  message: string,
  more: Pick<ExportFault, 'runId' | 'seq' | 'cause'> = {},
): BadLine {
  return new BadLine({ fault, message, ...more })
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw bad('bad_line', 'The line does not have the fields of its kind.')
}
