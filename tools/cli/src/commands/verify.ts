import { createReadStream } from 'node:fs'

import {
  checkAgainst,
  readLines,
  verifyExport,
  verifyStore,
  type CheckAgainstOptions,
  type NoteKey,
  type StartCheck,
} from '@loop-engine/observability'
import { isLoopError, LoopError } from '@loop-engine/sdk'
import { Option } from 'commander'

import type { AddCommand, Context } from '../context.ts'
import { counted } from '../counted.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { isSystemError, readText, unreadable } from '../files.ts'
import { readKeys } from '../note-keys.ts'
import { plain } from '../output.ts'
import { repeatable } from '../repeatable.ts'
import { withSession } from '../session.ts'

interface VerifyOptions {
  readonly deep: boolean
  readonly checkpoint?: string
  readonly export?: string
  readonly trust: readonly string[]
}

export const addVerify: AddCommand = (program, act) => {
  program
    .command('verify')
    .description('check that nothing in the record, or in an export, was changed or removed')
    .option(
      '--deep',
      'also judge each entry again, and check that deliveries, timers and requests are there',
      false,
    )
    .option(
      '--checkpoint <file>',
      'compare the record with a signed checkpoint that was kept elsewhere',
    )
    .addOption(
      // --checkpoint would otherwise be ignored, while people believe that it was compared.
      new Option('--export <file>', 'check this export instead of the database').conflicts(
        'checkpoint',
      ),
    )
    .addOption(
      repeatable(
        '--trust <file>',
        'file with a public key whose signatures count; may be repeated',
      ),
    )
    .action(
      act(async (context, options: VerifyOptions) => {
        if (options.trust.length > 0 && !options.export && !options.checkpoint)
          throw new LoopError('invalid_config', '--trust was given, but nothing that is signed.', {
            hint: 'Name a signed file with --checkpoint FILE or --export FILE, or leave out --trust.',
          })
        const keys = await readKeys(options.trust)
        if (options.export !== undefined) {
          return verifyFile(context, options.export, { keys, deep: options.deep })
        }
        return verifyDatabase(context, options, keys)
      }),
    )
}

async function verifyFile(
  { output }: Context,
  file: string,
  { keys, deep }: { readonly keys: NoteKey[]; readonly deep: boolean },
): Promise<ExitCode> {
  const lines = counted(readLines(bytesOf(file)), output)
  const report = await verifyExport(lines, { deep, ...(keys.length > 0 && { keys }) }).catch(
    (cause: unknown) => {
      throw isSystemError(cause) ? unreadable(file, cause) : cause
    },
  )
  const { ok, first } = report
  const text = ok
    ? `${output.paint('green', 'ok')} ${describeExport(report)}`
    : `${output.paint('red', 'does not verify')} ${first ? describe(first) : ''}`
  output.result(report, text)
  return ok ? exitCodes.ok : exitCodes.unverified
}

function describeExport({
  runs,
  entries,
  part,
  dropped,
  withheld,
  signedBy,
  sealed,
}: Awaited<ReturnType<typeof verifyExport>>): string {
  const isSigned = signedBy.length > 0
  const isOpen = isSigned && !sealed
  const signature = isSigned
    ? `signed by ${signedBy.join(' and ')}`
    : 'no signature was checked; --trust names a key'
  const sentences = [`${runs} runs, ${entries} entries, ${signature}.`]
  if (part && isOpen)
    sentences.push('It is a part of the record, and no seal proves that this part is complete.')
  else if (part) sentences.push('It is a part of the record.')
  else if (isOpen) sentences.push('No seal proves that the evidence is complete.')
  if (dropped !== undefined)
    sentences.push(`${dropped} more entries were dropped by retention; the log still proves them.`)
  if (withheld !== undefined)
    sentences.push(`${withheld} entries have no evidence here, and no erasure of it is on record.`)
  return sentences.join(' ')
}

async function verifyDatabase(
  { options, output }: Context,
  { deep, checkpoint: file }: VerifyOptions,
  keys: NoteKey[],
): Promise<ExitCode> {
  if (file !== undefined && keys.length === 0) {
    throw new LoopError(
      'invalid_config',
      'A checkpoint proves nothing without the public key of its signer.',
      {
        hint: 'Name the public key with --trust FILE.',
      },
    )
  }
  const note = file === undefined ? null : await readText(file)
  return withSession(options, async ({ store, tenant }) => {
    const checkpoint = note === null ? undefined : { note, keys }
    const standing = checkpoint ? await compare({ store, tenant, checkpoint }) : null
    const report = await verifyStore({
      store,
      tenant,
      deep,
      onProgress: ({ runs, entries }) => output.progress(`${runs} runs, ${entries} entries …`),
      ...(checkpoint && { checkpoint }),
    })
    const { ok } = report
    const head = ok ? output.paint('green', 'ok') : output.paint('red', 'does not verify')
    const { retained } = report
    const text = [
      `${head} ${report.runs} runs, ${report.entries} entries.`,
      ...(standing?.ok
        ? [`  the log still begins with the ${standing.rememberedSize} entries of the checkpoint`]
        : []),
      ...(report.runs === 0 ? [`  the tenant ${plain(tenant)} has no run here`] : []),
      ...(retained
        ? [
            `  retention: ${retained.entries} entries from before ${new Date(retained.before).toISOString()} were dropped, their proofs kept`,
          ]
        : []),
      ...report.faults.map((fault) => `  ${describe(fault)}`),
      ...(report.faults.length >= 100 ? ['  There may be more: 100 are told at most.'] : []),
    ]
    output.result({ ...report, checkpoint: standing }, text.join('\n'))
    return ok ? exitCodes.ok : exitCodes.unverified
  })
}

/** A checkpoint that was changed, or that no trusted key signed, is a failed verification and not refused by a policy. */
async function compare(options: CheckAgainstOptions): Promise<StartCheck> {
  return checkAgainst(options).catch((error: unknown) => {
    if (!isLoopError(error) || error.code !== 'refused') throw error
    throw new LoopError('corrupt', error.message, { hint: error.hint, details: error.details })
  })
}

interface Fault {
  readonly fault: string
  readonly message?: string
  readonly line?: number
  readonly cause?: Error & { readonly hint?: string }
  readonly runId?: string
  readonly seq?: number
}

function describe({ fault, message, line, cause, runId, seq }: Fault): string {
  const parts = [
    ...(line === undefined ? [] : [`line ${line}:`]),
    ...(runId ? [`entry ${seq} of run ${runId}:`] : []),
    message ? `${fault}. ${message}` : fault,
    ...(cause ? [cause.message, cause.hint ?? ''] : []),
  ]
  return plain(parts.join(' ').trimEnd())
}

/** Opens the file only when it is read: an earlier stream would report a missing file outside of any call. */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path)
}
