import { createHash } from 'node:crypto'

import {
  LoopError,
  systemClock,
  type Clock,
  type KnownKeys,
  type LogHead,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'

import { checkOptions } from '../check-options.ts'
import { refuseInvalid } from '../log/checkpoint.ts'
import { createLog } from '../log/log.ts'
import { signNote, type NoteSigner } from '../log/note.ts'
import { runsOf } from '../pages.ts'
import { exportFormat, isEntryLine, sealText } from './format.ts'
import { proveRuns, refuseShort } from './log-proofs.ts'
import { runLines } from './run-lines.ts'
import type { ExportEnd, ExportHeader } from './schemas.ts'

export interface ExportOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Only this run. */
  readonly runId?: string
  /** Only the runs of this business key. */
  readonly aggregateId?: string
  /** Brings the log up to date, signs its head, and seals the export. */
  readonly signer?: NoteSigner
  /** Exports evidence with its salt. All proofs hold without it, too. */
  readonly includeEvidence?: boolean
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<ExportOptions> = {
  store: true,
  tenant: true,
  runId: true,
  aggregateId: true,
  signer: true,
  includeEvidence: true,
  clock: true,
}

/**
 * Yields the records of a tenant, or of some of its runs, as lines of JSON that `verifyExport` checks without a store. Lines
 * come without their breaks. Memory grows with the runs of a part, and not with a whole tenant.
 */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<string> {
  checkOptions('exportRecords', options, optionKeys)
  const {
    store,
    tenant,
    runId,
    aggregateId,
    signer,
    includeEvidence = false,
    clock = systemClock,
  } = options
  const head = await headOf(store, tenant, signer, clock)
  const part =
    runId === undefined && aggregateId === undefined
      ? null
      : await Array.fromAsync(chosen(store, tenant, runId, aggregateId))
  const { size } = head
  await refuseShort(store, tenant, size)
  const proofs =
    part && (await proveRuns(store, tenant, size, new Set(part.map((run) => run.runId))))
  const digest = createHash('sha256')
  let lines = 0
  const written = (line: string): string => {
    digest.update(`${line}\n`)
    lines += 1
    return line
  }
  const header: ExportHeader = {
    kind: 'header',
    format: exportFormat,
    tenant,
    scope: part ? 'part' : 'tenant',
    evidence: includeEvidence,
  }
  yield written(JSON.stringify(header))

  const definitions = new Set<string>()
  let [runs, entries] = [0, 0]
  for await (const instance of part ?? runsOf(store, { tenant })) {
    for await (const line of runLines(store, instance, {
      size,
      proofs,
      includeEvidence,
      definitions,
    })) {
      if (isEntryLine(line)) entries += 1
      yield written(line)
    }
    runs += 1
  }

  const sum = digest.digest('hex')
  const end: ExportEnd = {
    kind: 'end',
    lines,
    runs,
    entries,
    digest: sum,
    size,
    root: head.root,
    checkpoint: head.note,
    seal: signer ? await signNote(sealText(tenant, sum), [signer]) : null,
  }
  yield JSON.stringify(end)
}

async function headOf(
  store: LoopStore,
  tenant: string,
  signer: NoteSigner | undefined,
  clock: Pick<Clock, 'now'>,
): Promise<LogHead> {
  if (!signer) return store.logHead(tenant)
  // The store may already have a signed checkpoint, but the seal is always made now.
  refuseInvalid(signer, clock.now())
  const { size, root, note } = await createLog({ store, tenant, signer, clock }).checkpoint()
  return { size, root, note, frontier: [] }
}

async function* chosen(
  store: LoopStore,
  tenant: string,
  runId: string | undefined,
  aggregateId: string | undefined,
): AsyncGenerator<LoopInstance> {
  if (runId === undefined) {
    yield* runsOf(store, { tenant, ...(aggregateId !== undefined && { aggregateId }) })
    return
  }
  const instance = await store.getRun(tenant, runId)
  if (!instance || (aggregateId !== undefined && instance.aggregateId !== aggregateId))
    throw new LoopError('not_found', 'No run has this id.', { details: { runId } })
  yield instance
}
