import type { Actor, Clock, LoopDefinition, LoopStore } from '@loop-engine/core'
import type { LoopMetrics, NoteSigner, VerifyReport } from '@loop-engine/observability'
import type { LoopSystem } from '@loop-engine/sdk'
import type { z } from 'zod'

import type { Access } from '../access/access.ts'
import type { Principal, Scope } from '../access/principal.ts'
import type { Callbacks } from '../callbacks.ts'
import type { EventLog } from '../events/event-log.ts'
import type { StreamLimit } from '../events/stream-limit.ts'
import type { Logger } from '../log.ts'
import type { Attribution } from '../schemas/actor.ts'
import type { SharedWork } from '../shared-work.ts'

/** What every route works with. */
export interface Services {
  readonly system: LoopSystem
  readonly store: LoopStore
  readonly loops: readonly LoopDefinition[]
  /** Definitions by digest, as far as they were read. */
  readonly definitions: Map<string, LoopDefinition>
  readonly access: Access
  readonly events: EventLog
  readonly callbacks: Callbacks | undefined
  readonly metrics: SharedWork<readonly LoopMetrics[]>
  readonly reports: SharedWork<VerifyReport>
  readonly signer: NoteSigner | undefined
  readonly logger: Logger
  readonly clock: Clock
  /** Origins at which this server serves pages. */
  readonly origins: readonly string[]
  readonly secureCookies: boolean
  readonly sessionTtlMs: number
  /** Aborted when the server goes down. */
  readonly draining: AbortSignal
  readonly streams: StreamLimit
  readonly stream: { readonly heartbeatMs: number; readonly stallMs: number }
}

/** One authenticated request. */
export interface Call {
  readonly services: Services
  readonly principal: Principal
  readonly tenant: string
  /** Under which the log knows the request. */
  readonly requestId: string
  readonly traceparent: string
  readonly idempotencyKey: string | undefined
  readonly request: Request
  /** Ends the connection at once. */
  drop(): void
  /** The actor that the engine is told of, vouched for by this server. Throws `invalid_actor` for attribution that is not an agent's. */
  actor(attribution?: Attribution): Actor
}

export interface Answer {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface AnswerSpec {
  readonly description: string
  readonly schema?: z.ZodType
  /** `application/json` by default. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

type Shape = z.ZodObject
type Read<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<never, never>

/** One operation: what it takes, what it answers, and what it does. The same schemas validate and document. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it, below `/api/v1`. */
  readonly path: string
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** What the credential must be good for; `public` needs none. */
  readonly scope: Scope | 'public'
  readonly params?: Shape
  readonly query?: Shape
  readonly body?: z.ZodType
  /** Whether a missing body reads as `{}`. */
  readonly bodyOptional?: boolean
  /** Whether `Idempotency-Key` is honoured; where it is not, it is refused. */
  readonly idempotent?: boolean
  /** Whether `If-Match` is honoured; where it is not, a change that has one is refused. */
  readonly ifMatch?: boolean
  readonly answers: Readonly<Record<number, AnswerSpec>>
  handle(call: Call, input: RouteInput): Promise<Answer | Response> | Answer | Response
}

export interface RouteInput {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

interface Typed<Params, Query, Body> {
  readonly params: Read<Params>
  readonly query: Read<Query>
  readonly body: Read<Body>
}

/** Ties the types of a handler to the schemas of its route. */
export function route<
  Params extends Shape | undefined = undefined,
  Query extends Shape | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Route, 'handle' | 'params' | 'query' | 'body'> & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    handle(
      call: Call,
      input: Typed<Params, Query, Body>,
    ): Promise<Answer | Response> | Answer | Response
  },
): Route {
  // The mount has read the input with the very schemas that these types come from.
  return spec as unknown as Route
}
