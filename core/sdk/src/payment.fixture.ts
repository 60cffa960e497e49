import { defineLoop, type LoopDefinition, type LoopSystem, type TransitionInput } from './index.ts'

type Payment = Parameters<typeof defineLoop>[0]['transitions'][number]

export const payer = { type: 'ai-agent', id: 'agent:payer' } as const

/** A loop of one payment: an agent asks for it, and `quorum` people have to approve it. */
export function paymentLoop(quorum: number): LoopDefinition {
  return paymentWith({ approval: { reviewers: ['role:finance'], quorum, expiresIn: '2h' } })
}

/** A loop of one payment that an agent asks for, with the approval and the effect that the test gives. */
export function paymentWith(pay: Pick<Payment, 'approval' | 'effect'>): LoopDefinition {
  return defineLoop({
    id: 'payment',
    version: '1.0.0',
    states: [{ id: 'ASKED' }, { id: 'PAID', terminal: true }],
    initialState: 'ASKED',
    transitions: [{ id: 'pay', from: 'ASKED', to: 'PAID', actors: ['ai-agent'], ...pay }],
  })
}

export const person = (id: string) => ({ type: 'human', id, roles: ['finance'] }) as const

type Asking = Partial<Pick<TransitionInput, 'tenant' | 'aggregateId' | 'actor' | 'evidence'>>

/** Asks for the payment of order-1, or of the order given, and returns the id of the request. */
export async function askForPayment(
  { engine }: Pick<LoopSystem, 'engine'>,
  { evidence, ...asking }: Asking = {},
): Promise<string> {
  const payment = { aggregateId: 'order-1', actor: payer, ...asking }
  await engine.start({ loopId: 'payment', ...payment })
  const asked = await engine.transition({
    ...payment,
    transitionId: 'pay',
    ...(evidence && { evidence }),
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  return asked.approvalId
}
