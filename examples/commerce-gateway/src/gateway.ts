import type { Integration } from '@loop-engine/sdk'
import { z } from 'zod'

const input = z.object({ order: z.string(), amount: z.number().positive() })

/**
 * The gateway to the shop. The engine calls it with the receipt of a committed transition; it never acts without one.
 */
export function createGateway(): { readonly integration: Integration; readonly done: string[] } {
  const done: string[] = []
  const action = (what: string): Integration['actions'][string] => ({
    input,
    // In production: a call to the shop's API with `context.idempotencyKey`.
    async run(sent, { receipt }) {
      const { order, amount } = input.parse(sent)
      done.push(`gateway: ${what} ${amount} for ${order}, licensed by entry ${receipt.seq}`)
    },
  })
  return {
    done,
    integration: {
      contract: 'integration/v1',
      name: 'commerce',
      actions: { charge: action('charges'), refund: action('refunds') },
    },
  }
}
