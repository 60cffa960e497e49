import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { exportRecords } from '@loop-engine/observability'

import type { AddCommand } from '../context.ts'
import { counted } from '../counted.ts'
import { isSystemError, unwritable } from '../files.ts'
import { readSigner, withSigner, type SignerOptions } from '../note-keys.ts'
import { withSession } from '../session.ts'
import { findRun } from './find-run.ts'

interface ExportOptions extends SignerOptions {
  readonly output?: string
  readonly evidence: boolean
  readonly run?: string
}

export const addExport: AddCommand = (program, act) => {
  withSigner(program.command('export'), 'sign the export with the private key in this file')
    .description('write the record as JSON lines that anybody can verify')
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .option('--run <id>', 'export only this run, by business key or run id')
    .option('--evidence', 'include the evidence; an export without it can be verified too', false)
    .action(
      act(async ({ options, output }, chosen: ExportOptions) => {
        const signer = await readSigner(chosen)
        return withSession(options, async (session) => {
          const { store, tenant } = session
          const run = chosen.run === undefined ? undefined : await findRun(session, chosen.run)
          const lines = exportRecords({
            store,
            tenant,
            includeEvidence: chosen.evidence,
            ...(run && { runId: run.runId }),
            ...(signer && { signer }),
          })
          if (chosen.output === undefined) {
            // The lines are JSON with and without `--json`.
            for await (const line of lines) if (!(await output.raw(`${line}\n`))) break
            return
          }
          const count = await writeLines(chosen.output, counted(lines, output))
          const publicKey = signer?.publicKey ?? null
          const signed = publicKey === null ? '' : ` Verify it with the public key ${publicKey}`
          output.result(
            { file: chosen.output, lines: count, publicKey },
            `Wrote ${count} lines to ${chosen.output}.${signed}`,
          )
        })
      }),
    )
}

/** Writes line by line, so that memory does not grow with the record. Returns the number of lines. */
async function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  let count = 0
  async function* terminated(): AsyncGenerator<string> {
    for await (const line of lines) {
      count++
      yield `${line}\n`
    }
  }
  try {
    await pipeline(Readable.from(terminated()), createWriteStream(path))
    return count
  } catch (cause) {
    throw isSystemError(cause) ? unwritable(path, cause) : cause
  }
}
