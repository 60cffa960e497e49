import type {
  ApiKey,
  ApprovalRequest,
  CallOptions,
  CloudEvent,
  DeadLetter,
  Definition,
  DefinitionSummary,
  HistoryItem,
  Instance,
  LoopMetrics,
  Page,
  Pages,
  Stop,
  Timer,
  VerifyReport,
  Who,
} from '@loop-engine/client'
import type { InfiniteData } from '@tanstack/react-query'

import { server } from './server.ts'

/** Something that is read as a whole. */
export interface One<Answer> {
  readonly queryKey: readonly unknown[]
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<Answer>
}

type ManyPages<Item> = InfiniteData<Page<Item>, string | undefined>

/** A list that is read page by page. */
export interface Many<Item> {
  readonly queryKey: readonly unknown[]
  readonly initialPageParam: string | undefined
  readonly queryFn: (context: {
    readonly signal: AbortSignal
    readonly pageParam: string | undefined
  }) => Promise<Page<Item>>
  readonly getNextPageParam: (page: Page<Item>) => string | undefined
  /** What is seen of the pages that were read: their items. */
  readonly select: (data: ManyPages<Item>) => readonly Item[]
}

export interface ActivityFilter {
  readonly type?: string
  readonly loopId?: string
  readonly aggregateId?: string
  readonly actorId?: string
}

export const querySession = (): One<Who> => one(['session'], (call) => server.session.get(call))

export const queryInbox = (): Many<ApprovalRequest> =>
  many(['inbox'], (call) => server.approvals.inbox({ limit: 25 }, call))

export const queryApproval = (id: string): One<ApprovalRequest> =>
  one(['approval', id], (call) => server.approvals.get(id, call))

export const queryRun = (runId: string): One<Instance> =>
  one(['run', runId], (call) => server.instances.run(runId, call))

export const queryNewestRun = (aggregateId: string): One<Instance> =>
  one(['newest', aggregateId], (call) => server.instances.get(aggregateId, call))

export const queryRuns = (loopId: string, state?: string): Many<Instance> =>
  many(['runs', loopId, state], (call) =>
    server.instances.find({ loopId, limit: 25, ...(state !== undefined && { state }) }, call),
  )

export const queryHistory = (run: Instance): Many<HistoryItem> =>
  many(['run', run.runId, 'history'], (call) =>
    server.instances.history(run.aggregateId, { runId: run.runId, limit: 500 }, call),
  )

/** The entry with which a request was made: whatever was edited since, it holds what was asked. */
export const queryAsked = ({ id, aggregateId, runId }: ApprovalRequest): One<Page<HistoryItem>> =>
  one(['asked', id], (call) =>
    server.instances
      .history(aggregateId, { runId, limit: 1 }, call)
      .page(id.slice(runId.length + 1)),
  )

export const queryWaiting = (runId: string): Many<ApprovalRequest> =>
  many(['run', runId, 'waiting'], (call) =>
    server.approvals.find({ runId, status: 'pending', limit: 100 }, call),
  )

export const queryTimers = (run: Instance): One<readonly Timer[]> =>
  one(['run', run.runId, 'timers'], (call) => server.instances.timers(run.aggregateId, call))

export const queryVerify = ({ runId, version }: Instance): One<VerifyReport> =>
  one(['verify', runId, version], (call) => server.verify({ runId, deep: true }, call))

export const queryLoops = (): One<readonly DefinitionSummary[]> =>
  one(['loops'], (call) => server.definitions.list(call))

export const queryLoop = (loopId: string): One<Definition> =>
  one(['loops', loopId], (call) => server.definitions.get(loopId, call))

export const queryPinned = (digest: string): One<Definition> =>
  one(['pinned', digest], (call) => server.definitions.pinned(digest, call))

export const queryMetrics = (): One<readonly LoopMetrics[]> =>
  one(['metrics'], (call) => server.metrics({}, call))

export const queryActivity = (
  filter: ActivityFilter,
): Many<{ readonly place: string; readonly event: CloudEvent }> =>
  many(['activity', filter], (call) => server.activity({ limit: 50, ...filter }, call))

export const queryStops = (): One<readonly Stop[]> => one(['stops'], server.stops.list)

export const queryDeadLetters = (): Many<DeadLetter> =>
  many(['dead-letters'], (call) => server.deadLetters.list({ limit: 50 }, call))

export const queryKeys = (): Many<ApiKey> =>
  many(['keys'], (call) => server.keys.list({ limit: 50 }, call))

function one<Answer>(
  queryKey: readonly unknown[],
  read: (call: CallOptions) => Promise<Answer>,
): One<Answer> {
  return { queryKey, queryFn: ({ signal }) => read({ signal }) }
}

function many<Item>(
  queryKey: readonly unknown[],
  read: (call: CallOptions) => Pages<Item>,
): Many<Item> {
  return {
    queryKey,
    initialPageParam: undefined,
    queryFn: ({ signal, pageParam }) => read({ signal }).page(pageParam),
    getNextPageParam: ({ cursor }) => cursor,
    select: itemsOf,
  }
}

/** One function for all: of another one at each call the items would be gathered at each rendering. */
function itemsOf<Item>({ pages }: ManyPages<Item>): readonly Item[] {
  return pages.flatMap(({ items }) => items)
}
