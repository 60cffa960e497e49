import { createHash } from 'node:crypto'

import { LoopError, parseStrictJson } from '@loop-engine/core'
import type { z } from 'zod'

import { bad } from './bad-line.ts'
import { createExportRuns, type ExportRuns } from './export-runs.ts'
import { isEntryLine, readDefinitionLine, readEntryLine, readEvidenceLine } from './format.ts'
import { longestLine } from './lines.ts'
import {
  droppedSchema,
  endSchema,
  headerSchema,
  proofSchema,
  runSchema,
  type ExportEnd,
  type ExportHeader,
} from './schemas.ts'
import { signatureOf, type Signature } from './signature.ts'
import type { ExportReport, VerifyExportOptions } from './verify-export.ts'

const batchLength = 1 << 16

interface ExportReader {
  counts(): Omit<ExportReport, 'ok' | 'durationMs' | 'first'>
  /** Returns a promise only if checking the line has to wait. */
  line(line: string): void | Promise<void>
  close(): void
}

/** The state after the header. */
interface Begun {
  readonly header: ExportHeader
  readonly runs: ExportRuns
}

/** Reads the lines of an export one by one, and throws at the first that does not hold. */
export function createReader({
  keys = [],
  deep = false,
  onProgress,
  maxLineLength = longestLine,
}: VerifyExportOptions): ExportReader {
  const digest = createHash('sha256')
  let waiting = ''
  let lines = 0
  let begun: Begun | undefined
  let hasEnded = false
  let signature: Signature = { signedBy: [], sealed: false }

  function keepForDigest(line: string): void {
    waiting += `${line}\n`
    if (waiting.length < batchLength) return
    digest.update(waiting)
    waiting = ''
  }

  function begin(line: string): void {
    if (/^\ufeff|\r$/.test(line))
      throw bad(
        'bad_line',
        'The file was converted: it has a byte order mark, or CRLF line breaks. Check it as it was written.',
      )
    const header = read(headerSchema, parseStrictJson(line, { maxBytes: 65_536 }))
    begun = { header, runs: createExportRuns(header, deep) }
  }

  function addEntry(line: string, { addEntry: add, counts }: ExportRuns): void | Promise<void> {
    if (counts.entries % 10_000 === 9_999) onProgress?.({ lines, entries: counts.entries + 1 })
    return add(readEntryLine(line))
  }

  function addOther(line: string, { header, runs }: Begun): void {
    const definition = readDefinitionLine(line)
    if (definition) return runs.addDefinition(definition)
    const evidence = readEvidenceLine(line)
    if (evidence) return runs.addEvidence(evidence)
    const value = parseStrictJson(line, { maxBytes: maxLineLength * 3 })
    const kind =
      typeof value === 'object' && value !== null && 'kind' in value ? value['kind'] : undefined
    if (kind === 'run') runs.openRun(read(runSchema, value))
    else if (kind === 'dropped') runs.addDropped(read(droppedSchema, value))
    else if (kind === 'proof') runs.addProof(read(proofSchema, value))
    else if (kind === 'end') end(read(endSchema, value), { header, runs })
    else throw bad('bad_line', 'The line is of no known kind.')
  }

  function end(announced: ExportEnd, { header, runs }: Begun): void {
    runs.closeRun()
    hasEnded = true
    const { counts } = runs
    digest.update(waiting)
    if (digest.digest('hex') !== announced.digest || announced.lines !== lines - 1)
      throw bad('bad_digest', 'A line was changed, dropped, added or moved.')
    if (announced.runs !== counts.runs || announced.entries !== counts.entries)
      throw bad('truncated', 'The export does not hold what it says.')
    if (!runs.fit(announced)) throw bad('bad_root', 'The entries are not those of the log.')
    runs.refuseOverrun()
    if (keys.length > 0)
      signature = signatureOf(announced, { tenant: header.tenant, unlogged: counts.unlogged, keys })
  }

  return {
    counts() {
      const {
        entries = 0,
        runs = 0,
        unlogged = 0,
        dropped = 0,
        withheld = 0,
      } = begun?.runs.counts ?? {}
      return {
        lines,
        entries,
        runs,
        part: begun?.header.scope === 'part',
        unlogged,
        ...signature,
        ...(dropped > 0 && { dropped }),
        ...(withheld > 0 && { withheld }),
      }
    },
    line(line) {
      lines += 1
      if (line.length > maxLineLength)
        throw new LoopError('too_large', 'A line of the export is too long.', {
          details: { line: lines },
        })
      if (hasEnded) throw bad('bad_line', 'There is a line after the end.')
      if (!line.isWellFormed()) throw bad('bad_line', 'The line is not well-formed text.')
      if (!line.startsWith('{"kind":"end"')) keepForDigest(line)
      if (!begun) begin(line)
      else if (isEntryLine(line)) return addEntry(line, begun.runs)
      else addOther(line, begun)
    },
    close() {
      if (!hasEnded) throw bad('truncated', 'The export has no end.')
    },
  }
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw bad('bad_line', 'The line does not have the fields of its kind.')
}
