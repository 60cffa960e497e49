import { createApprovals, type Approvals } from './approvals.ts'
import type { LoopClientOptions } from './client-options.ts'
import { createInstances, type Instances } from './instances.ts'
import { createOperations, type Operations } from './operations.ts'
import { createRecords, type Records } from './records.ts'
import { createTransport } from './transport.ts'

export interface LoopClient extends Operations, Records {
  readonly instances: Instances
  readonly approvals: Approvals
}

/**
 * Talks to a Loop Engine server with nothing but `fetch`. What the server refuses with a result is a result; everything
 * else throws LoopClientError. What may be repeated safely is repeated.
 *
 * @example
 * const loops = createLoopClient({ baseUrl: 'https://loops.example.com', credential: key })
 * const result = await loops.instances.transition('order-17', { signal: 'refund', evidence: { amount: 20 } })
 */
export function createLoopClient(options: LoopClientOptions): LoopClient {
  const transport = createTransport(options)
  return {
    ...createOperations(transport),
    ...createRecords(transport),
    instances: createInstances(transport),
    approvals: createApprovals(transport),
  }
}
