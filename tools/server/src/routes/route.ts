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

/** The services that routes use. */
export interface Services {
  readonly system: LoopSystem
  readonly store: LoopStore
  readonly loops: readonly LoopDefinition[]
  /** A cache of definitions by digest. */
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
  /** Aborts when the server goes down. */
  readonly draining: AbortSignal
  readonly streams: StreamLimit
  readonly stream: { readonly heartbeatMs: number; readonly stallMs: number }
}

/** One authenticated request. */
export interface Call {
  readonly services: Services
  readonly principal: Principal
  readonly tenant: string
  /** The id of the request in the log. */
  readonly requestId: string
  readonly traceparent: string
  readonly idempotencyKey: string | undefined
  readonly request: Request
  /** Ends the connection at once. */
  drop(): void
  /** The actor for the engine, vouched for by this server. Throws `invalid_actor` for attribution unless it is an ai-agent. */
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

/** One operation of the API. Its schemas validate requests and document them. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete'
  /** The path below `/api/v1`, as OpenAPI writes it. */
  readonly path: string
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** The scope that the credential must have; `public` needs no credential. */
  readonly scope: Scope | 'public'
  readonly params?: Shape
  readonly query?: Shape
  readonly body?: z.ZodType
  /** Whether a missing body reads as `{}`. */
  readonly bodyOptional?: boolean
  /** Whether the operation honours `Idempotency-Key`; otherwise a POST with one is refused. */
  readonly idempotent?: boolean
  /** Whether the operation honours `If-Match`; otherwise a change with one is refused. */
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
  // The cast is safe: the mount reads the input with the schemas that these types come from.
  return spec as unknown as Route
}
