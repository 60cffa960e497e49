import type { HttpBindings } from '@hono/node-server'

import type { Principal } from '../access/principal.ts'
import type { Trace } from '../http/trace.ts'

/** What Hono carries through the steps of one request. */
export interface Environment {
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    trace: Trace
    /** The address of the caller, for limits. */
    caller: string
    route?: string
    principal?: Principal
  }
}
