import { humanGate, type TokenTrust } from '@loop-engine/integration-temporal/workflow'
import { proxyActivities } from '@temporalio/workflow'

import type { Order } from './orders.ts'

const { ship, charge } = proxyActivities<{
  charge(order: Order): Promise<string>
  ship(order: Order): Promise<string>
}>({ startToCloseTimeout: '1 minute' })

/** A common workflow. Whether `charge` needs finance is up to the policy; nothing here knows of it. */
export async function fulfil(order: Order, trust: TokenTrust): Promise<string[]> {
  const paid = await charge(order)
  const gate = await humanGate({ gate: 'export-control', input: order, trust })
  if (gate.status !== 'approved') return [paid, `not shipped: ${gate.status}`]
  return [paid, `${gate.decision?.reviewer?.id} lets it go`, await ship(order)]
}
