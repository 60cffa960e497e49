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
 * Makes a client of a Loop Engine server that needs nothing but `fetch`. A refusal that has a result, such as a guard that
 * failed, is returned; every other failure throws LoopClientError. Requests that are safe to repeat are retried.
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
