import { defineLoop, type LoopDefinition, type LoopSystem } from './index.ts'

/** One payment, for which an agent asks and so many people have to approve. */
export function paymentLoop(quorum: number): LoopDefinition {
  return defineLoop({
    id: 'payment',
    version: '1.0.0',
    states: [{ id: 'ASKED' }, { id: 'PAID', terminal: true }],
    initialState: 'ASKED',
    transitions: [
      {
        id: 'pay',
        from: 'ASKED',
        to: 'PAID',
        actors: ['ai-agent'],
        approval: { reviewers: ['role:finance'], quorum, expiresIn: '2h' },
      },
    ],
  })
}

export const person = (id: string) => ({ type: 'human', id, roles: ['finance'] }) as const

/** Asks for the payment of order-1; the id of the request. */
export async function askForPayment({ engine }: LoopSystem): Promise<string> {
  const actor = { type: 'ai-agent', id: 'agent:payer' } as const
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor })
  const asked = await engine.transition({ aggregateId: 'order-1', transitionId: 'pay', actor })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  return asked.approvalId
}
