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
        description: 'Whether evidence is included. An export without it can be verified too.',
      }),
    }),
    answers: { 200: { description: 'One JSON value a line.', type: 'application/jsonl' } },
    async handle({ services, tenant, requestId }, { query: { evidence = false, ...part } }) {
      const { store, signer, logger } = services
      const fail = (error: unknown): void =>
        logger.error({ requestId, fault: faultOf(error) }, 'failed')
      const lines = exportRecords({ store, tenant, ...part, includeEvidence: evidence, signer })
      // Read before the status is sent, so that a run that does not exist is still answered with 404.
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
    summary: 'Hashes the whole record, or that of one run, again, and says whether it was changed.',
    scope: 'read',
    query: z.strictObject({
      runId: idSchema.optional(),
      deep: flagSchema.optional().meta({ description: 'Also judges each entry again; slower.' }),
    }),
    answers: {
      200: {
        description: 'The report; `ok` is false if anything was changed.',
        schema: z
          .object({
            at: millisecondsSchema.meta({ description: 'When the reading began.' }),
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
          hint: 'Name a run with runId to verify that run only.',
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
    summary:
      "The head of the tenant's log. Keep a copy where the operator of the server cannot reach it.",
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

/** A stream that makes each line only when the reader asks for it. */
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
          // Not the original error: the HTTP adapter prints the message, and may send it to the caller.
          controller.error(
            new LoopError('unavailable', 'The export ended early because of an error.'),
          )
        }
      },
      async cancel() {
        await lines.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
