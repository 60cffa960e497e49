import {
  openEntry,
  parseDuration,
  type ApprovalRequest,
  type LoopInstance,
} from '@loop-engine/core'
import { z } from 'zod'

import { aggregateIdSchema, millisecondsSchema, pageOf, pageQuery } from '../schemas/common.ts'
import { fillPage } from './fill-page.ts'
import { findDefinition } from './find-definition.ts'
import { findRun } from './find-run.ts'
import { route, type Call, type Route } from './route.ts'

const timerSchema = z
  .object({
    kind: z.enum(['state-timeout', 'approval-expiry', 'approval-escalation']),
    loopId: z.string(),
    aggregateId: z.string(),
    runId: z.string(),
    dueAt: millisecondsSchema,
    transition: z
      .string()
      .optional()
      .meta({ description: 'The transition that the system then takes.' }),
    requestId: z.string().optional(),
  })
  .meta({
    id: 'Timer',
    description: 'Something that happens by itself unless somebody acts before.',
  })
type Timer = z.infer<typeof timerSchema>

/** The most timers that are listed for one run. */
const most = 1000

export const timerRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/timers',
    id: 'listTimers',
    tag: 'Operations',
    summary:
      'The timers of active runs, run by run. A page holds the timers of up to `limit` runs.',
    scope: 'read',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page.', schema: pageOf(timerSchema) } },
    async handle(call, { query }) {
      const { services, tenant } = call
      const { items: runs, cursor } = await fillPage(query, (part) =>
        services.store.find({ tenant, status: 'active', ...part }),
      )
      const items: Timer[] = []
      // One run after another: each may have many requests, and each request much evidence.
      for (const run of runs) items.push(...(await timersOf(call, run)))
      return { body: { items, cursor } }
    },
  }),
  route({
    method: 'get',
    path: '/instances/{aggregateId}/timers',
    id: 'listInstanceTimers',
    tag: 'Operations',
    summary: 'The timers of one run, soonest first.',
    scope: 'read',
    params: z.object({ aggregateId: aggregateIdSchema }),
    answers: {
      200: { description: 'All of them.', schema: z.object({ items: z.array(timerSchema) }) },
    },
    async handle(call, { params: { aggregateId } }) {
      const timers = await timersOf(call, await findRun(call, aggregateId))
      return { body: { items: timers.toSorted((one, other) => one.dueAt - other.dueAt) } }
    },
  }),
]

async function timersOf(call: Call, run: LoopInstance): Promise<readonly Timer[]> {
  if (run.status !== 'active') return []
  const [timeout, approvals] = await Promise.all([
    stateTimeout(call, run),
    approvalTimers(call, run),
  ])
  return [...timeout, ...approvals]
}

/** The timeout of a state counts from the entry with which the run came into it. */
async function stateTimeout(
  { services, tenant }: Call,
  run: LoopInstance,
): Promise<readonly Timer[]> {
  const definition = (await findDefinition(services, run.definition.digest))?.data
  const timeout = definition?.states.find(({ id }) => id === run.currentState)?.timeout
  if (!timeout) return []
  const at = run.stateVersion
  const [stored] = await services.store.entries(tenant, run.runId, { from: at, to: at, limit: 1 })
  if (!stored || openEntry(stored).toState === undefined) return []
  const dueAt = stored.at + parseDuration(timeout.after)
  return [{ kind: 'state-timeout', ...idsOf(run), dueAt, transition: timeout.transition }]
}

async function approvalTimers(
  { services, tenant }: Call,
  run: LoopInstance,
): Promise<readonly Timer[]> {
  const timers: Timer[] = []
  let cursor: string | undefined
  let hasMore = run.openApprovals > 0
  while (hasMore && timers.length < most) {
    const page = await services.store.approvals({
      tenant,
      runId: run.runId,
      status: 'pending',
      limit: 50,
      ...(cursor !== undefined && { cursor }),
    })
    timers.push(...page.items.flatMap((one) => [expiryOf(run, one), ...escalationsOf(run, one)]))
    cursor = page.cursor
    hasMore = cursor !== undefined
  }
  return timers
}

function expiryOf(run: LoopInstance, { id, expiresAt, policy }: ApprovalRequest): Timer {
  return {
    kind: 'approval-expiry',
    ...idsOf(run),
    dueAt: expiresAt,
    requestId: id,
    transition: policy.onExpiry,
  }
}

function escalationsOf(run: LoopInstance, request: ApprovalRequest): readonly Timer[] {
  const { id, createdAt, policy, escalated } = request
  return (policy.escalate ?? [])
    .filter(({ reviewers }) => !reviewers.every((reviewer) => escalated.includes(reviewer)))
    .map(({ after }) => ({
      kind: 'approval-escalation',
      ...idsOf(run),
      dueAt: createdAt + parseDuration(after),
      requestId: id,
    }))
}

function idsOf({
  loopId,
  aggregateId,
  runId,
}: LoopInstance): Pick<Timer, 'loopId' | 'aggregateId' | 'runId'> {
  return { loopId, aggregateId, runId }
}
