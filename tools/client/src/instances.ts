import { LoopClientError } from './client-error.ts'
import type { CallOptions } from './client-options.ts'
import { createPages, itemsOf, pagesAt, type Pages } from './pages.ts'
import { resultOr } from './read-answer.ts'
import type {
  Attempt,
  Attribution,
  AvailableTransition,
  HistoryItem,
  Instance,
  Start,
  Timer,
  TransitionResult,
} from './schema.ts'
import type { Transport } from './transport.ts'

export interface InstanceQuery {
  readonly loopId?: string
  readonly aggregateId?: string
  readonly state?: string
  readonly status?: Instance['status']
  readonly tag?: string
  readonly updatedFrom?: number
  readonly updatedUntil?: number
  /** The most items in one page. */
  readonly limit?: number
}

export interface ChangeBody {
  readonly reason: string
  readonly evidence?: Readonly<Record<string, unknown>>
}

type Change = (aggregateId: string, body: ChangeBody, options?: CallOptions) => Promise<Instance>

export interface Instances {
  start(body: Start, options?: CallOptions): Promise<Instance>
  /** The open run of a business key, or else its newest. */
  get(aggregateId: string, options?: CallOptions): Promise<Instance>
  run(runId: string, options?: CallOptions): Promise<Instance>
  find(query?: InstanceQuery, options?: CallOptions): Pages<Instance>
  /** Attempts a transition. A refusal is returned as a result; only `executed` permits you to act. */
  transition(aggregateId: string, body: Attempt, options?: CallOptions): Promise<TransitionResult>
  /** The transitions that the caller could attempt now. Nothing is recorded. */
  available(
    aggregateId: string,
    body?: {
      readonly evidence?: Readonly<Record<string, unknown>>
      readonly attribution?: Attribution
    },
    options?: CallOptions,
  ): Promise<readonly AvailableTransition[]>
  history(
    aggregateId: string,
    query?: { readonly runId?: string; readonly limit?: number },
    options?: CallOptions,
  ): Pages<HistoryItem>
  timers(aggregateId: string, options?: CallOptions): Promise<readonly Timer[]>
  readonly cancel: Change
  readonly fail: Change
  readonly suspend: Change
  readonly resume: Change
  migrate(
    aggregateId: string,
    body: { readonly reason: string; readonly state?: string },
    options?: CallOptions,
  ): Promise<Instance>
  erase(
    aggregateId: string,
    body: { readonly reason: string; readonly seq: number; readonly runId?: string },
    options?: CallOptions,
  ): Promise<Instance>
}

export function createInstances(transport: Transport): Instances {
  const { json } = transport
  const change =
    (name: string) =>
    async <Body>(aggregateId: string, body: Body, options?: CallOptions): Promise<Instance> =>
      json({ method: 'POST', path: `${pathOf(aggregateId)}/${name}`, body, options })

  return {
    start: (body, options) =>
      json({ method: 'POST', path: '/instances', body, idempotent: true, options }),
    get: async (aggregateId, options) =>
      json({ method: 'GET', path: pathOf(aggregateId), options }),
    run: (runId, options) =>
      json({ method: 'GET', path: `/runs/${encodeURIComponent(runId)}`, options }),
    find: pagesAt(transport, '/instances'),
    transition: async (aggregateId, body, options) =>
      resultOr<TransitionResult>(
        json({
          method: 'POST',
          path: `${pathOf(aggregateId)}/transitions`,
          body,
          idempotent: true,
          options,
        }),
      ),
    available: async (aggregateId, body = {}, options) =>
      itemsOf(
        json({
          method: 'POST',
          path: `${pathOf(aggregateId)}/available`,
          body,
          idempotent: true,
          options,
        }),
      ),
    history: (aggregateId, query, options) =>
      createPages((cursor) =>
        json({
          method: 'GET',
          path: `${pathOf(aggregateId)}/history`,
          query: { ...query, cursor },
          options,
        }),
      ),
    timers: async (aggregateId, options) =>
      itemsOf(json({ method: 'GET', path: `${pathOf(aggregateId)}/timers`, options })),
    cancel: change('cancel'),
    fail: change('fail'),
    suspend: change('suspend'),
    resume: change('resume'),
    migrate: change('migrate'),
    erase: change('erase'),
  }
}

/** The path of a run. The keys `.` and `..` are refused: as steps in a path they lead elsewhere, even when escaped. */
function pathOf(aggregateId: string): string {
  if (aggregateId !== '.' && aggregateId !== '..')
    return `/instances/${encodeURIComponent(aggregateId)}`
  throw new LoopClientError('invalid_input', 'A business key must not be . or ..')
}
