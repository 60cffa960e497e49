import { isLoopError, refuseStrayKeys, type KnownKeys, type LoopError } from '@loop-engine/core'

import { checkKeys } from '../check-options.ts'
import { readKey, type NoteKey } from '../log/note.ts'
import type { VerifyFault } from '../verify/checks/fault.ts'
import { BadLine } from './bad-line.ts'

export interface VerifyExportOptions {
  /**
   * Keys that may have signed; an empty list is refused. With keys, an export verifies only with a valid checkpoint by one of
   * them, and, if entries are in no log, with a seal.
   */
  readonly keys?: readonly NoteKey[]
  /** Also judges every entry by the definitions in the export. */
  readonly deep?: boolean
  readonly onProgress?: (done: { readonly lines: number; readonly entries: number }) => void
  /** Longest line; 16 MiB of characters by default. */
  readonly maxLineLength?: number
}

export interface ExportFault {
  /** From 1. */
  readonly line: number
  readonly fault:
    | VerifyFault['fault']
    | 'bad_line'
    | 'bad_proof'
    | 'bad_root'
    | 'bad_digest'
    | 'bad_signature'
  readonly message: string
  readonly runId?: string
  readonly seq?: number
  /** What the reader of the line said; typed, and without the text itself. */
  readonly cause?: LoopError
}

export interface ExportReport {
  readonly ok: boolean
  readonly lines: number
  readonly entries: number
  readonly runs: number
  readonly durationMs: number
  /** Whether it holds some runs of a tenant only, instead of all that the log has. */
  readonly part: boolean
  /** Entries that are in no log yet: their runs verify, but no checkpoint covers them. */
  readonly unlogged: number
  /** Entries that retention dropped before the export, of which only leaves are here. Absent if there are none. */
  readonly dropped?: number
  /**
   * Entries without their evidence, in an export with evidence and without a record of its erasure: somebody withheld it, or
   * erased it while the export was made. Absent if there are none.
   */
  readonly withheld?: number
  /** Names of the keys that signed the checkpoint, of those that were given. */
  readonly signedBy: readonly string[]
  /** Whether one of the keys sealed all lines. Without a seal a part may lack runs or their newest entries. */
  readonly sealed: boolean
  /** The first bad line; reading stops there. */
  readonly first: ExportFault | null
}

const optionKeys: KnownKeys<VerifyExportOptions> = {
  keys: true,
  deep: true,
  onProgress: true,
  maxLineLength: true,
}

/** Verifies an export with nothing but its lines and, if given, the public keys. Never throws for what a line holds. */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyExportOptions = {},
): Promise<ExportReport> {
  refuseStrayKeys(options, optionKeys, { what: 'verifyExport' })
  checkKeys(options.keys)
  // A bad key is a mistake of the caller and no fault of the record, so it throws.
  for (const key of options.keys ?? []) readKey(key)
  const began = performance.now()
  // Loaded here, because only this function needs the schemas of the lines, and zod with them.
  const { createReader } = await import('./reader.ts')
  const reader = createReader(options)
  const report = (first: ExportFault | null): ExportReport => ({
    ...reader.counts(),
    ok: first === null,
    durationMs: performance.now() - began,
    first,
  })
  let isBetween = true
  try {
    for await (const line of lines) {
      isBetween = false
      const pending = reader.line(line)
      if (pending) await pending
      isBetween = true
    }
    reader.close()
    return report(null)
  } catch (error) {
    if (error instanceof BadLine) return report({ line: reader.counts().lines, ...error.fault })
    if (isLoopError(error))
      return report({
        // What cannot be cut into lines is named by the first that was not handed over.
        line: reader.counts().lines + (isBetween ? 1 : 0),
        fault: 'bad_line',
        message: 'The line cannot be read.',
        cause: error,
      })
    throw error
  }
}
