import { LoopError } from '@loop-engine/core'
import { exportRecords, verifyStore } from '@loop-engine/observability'
import { z } from 'zod'

import { faultOf } from '../log.ts'
import {
  aggregateIdSchema,
  flagSchema,
  hashSchema,
  idSchema,
  millisecondsSchema,
} from '../schemas/common.ts'
import { askAgain, unfinished } from './ask-again.ts'
import { route, type Route } from './route.ts'

const tag = 'Records'
const faultSchema = z.object({
  runId: z.string(),
  seq: z.int().nullable(),
  fault: z.string(),
  message: z.string(),
})

export const recordRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/export',
    id: 'exportRecords',
    tag,
    summary: 'The record as JSON lines that anybody can verify offline.',
    scope: 'export',
    query: z.strictObject({
      aggregateId: aggregateIdSchema.optional(),
      runId: idSchema.optional(),
      evidence: flagSchema.optional().meta({
        description: 'Whether evidence goes along; the proofs hold all the same.',
      }),
    }),
    answers: { 200: { description: 'One JSON value a line.', type: 'application/jsonl' } },
    async handle({ services, tenant, requestId }, { query: { evidence = false, ...part } }) {
      const { store, signer, logger } = services
      const fail = (error: unknown): void =>
        logger.error({ requestId, fault: faultOf(error) }, 'failed')
      const lines = exportRecords({ store, tenant, ...part, includeEvidence: evidence, signer })
      // Read before the status is sent: what is not there is still a 404.
      const head = [await lines.next(), await lines.next()]
      const headers = {
        'content-type': 'application/jsonl; charset=utf-8',
        'content-disposition': 'attachment; filename="loop-export.jsonl"',
      }
      return new Response(streamOf(head, lines, fail), { headers })
    },
  }),
  route({
    method: 'get',
    path: '/verify',
    id: 'verifyRecords',
    tag,
    summary: 'Hashes the record again, all of it or that of one run, and says whether it is whole.',
    scope: 'read',
    query: z.strictObject({
      runId: idSchema.optional(),
      deep: flagSchema.optional().meta({ description: 'Judges each entry again, too; slower.' }),
    }),
    answers: {
      200: {
        description: 'Whether it is whole.',
        schema: z
          .object({
            at: millisecondsSchema.meta({ description: 'When it began to read.' }),
            ok: z.boolean(),
            entries: z.int(),
            runs: z.int(),
            durationMs: z.number(),
            faults: z.array(faultSchema),
          })
          .meta({ id: 'VerifyReport' }),
      },
      ...unfinished,
    },
    async handle({ services, tenant, principal }, { query: { runId, deep = false } }) {
      if (runId === undefined && !principal.scopes.includes('export'))
        throw new LoopError('refused', 'Verifying the whole record needs the scope export.', {
          details: { reason: 'scope_missing' },
          hint: 'Name a run with runId.',
        })
      const { store, reports } = services
      const read = await reports.of([tenant, runId, deep], (onProgress) =>
        verifyStore({ store, tenant, deep, onProgress, ...(runId !== undefined && { runId }) }),
      )
      if ('progress' in read) return askAgain(read.progress)
      const { ok, entries, runs, durationMs, faults } = read.result
      if (runId !== undefined && runs === 0) throw new LoopError('not_found', 'No run has this id.')
      return {
        body: {
          at: read.at,
          ok,
          entries,
          runs,
          durationMs,
          faults: faults.map(({ runId: run, seq, fault, message }) => ({
            runId: run,
            seq,
            fault,
            message,
          })),
        },
      }
    },
  }),
  route({
    method: 'get',
    path: '/checkpoint',
    id: 'getCheckpoint',
    tag,
    summary: "The head of the tenant's log; keep a copy where the operator cannot reach it.",
    scope: 'read',
    answers: {
      200: {
        description: 'The head.',
        schema: z.object({
          size: z.int(),
          root: hashSchema,
          note: z.string().nullable().meta({ description: 'The signed checkpoint.' }),
        }),
      },
    },
    async handle({ services: { store, events }, tenant }) {
      await events.size(tenant)
      const { size, root, note } = await store.logHead(tenant)
      return { body: { size, root, note } }
    },
  }),
]

/** Lines are made when the reader has room for them. */
function streamOf(
  head: readonly IteratorResult<string>[],
  lines: AsyncGenerator<string>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const first = [...head]
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = first.shift() ?? (await lines.next())
          if (done) controller.close()
          else controller.enqueue(encoder.encode(`${value}\n`))
        } catch (error) {
          onError(error)
          // In words of our own: what carries the stream writes them to standard error, and to a caller who has nothing yet.
          controller.error(new LoopError('unavailable', 'The export broke off.'))
        }
      },
      async cancel() {
        await lines.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
