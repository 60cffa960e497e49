import type { HttpBindings } from '@hono/node-server'

import type { Principal } from '../access/principal.ts'
import type { Trace } from '../http/trace.ts'

/** What Hono hands from one step of a request to the next. */
export interface Environment {
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    trace: Trace
    /** The address that the request came from, for limits. */
    caller: string
    route?: string
    principal?: Principal
  }
}
