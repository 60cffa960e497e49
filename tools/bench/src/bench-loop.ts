import { defineLoop, type Actor, type JsonObject } from '@loop-engine/sdk'

/** The five states of a ring. No round reaches the end state, so that a round can have any length. */
export const ring = ['DRAFT', 'TRIAGED', 'CHECKED', 'PRICED', 'SENT'] as const
export const end = 'CLOSED'

/** The state that follows the one at `index` in the ring. */
export function after(index: number): string {
  return ring[(index + 1) % ring.length] ?? end
}

const actors: ('ai-agent' | 'human')[] = ['ai-agent', 'human']
const guards: { id: string; use: string; with: JsonObject }[] = [
  { id: 'sure', use: 'confidence-threshold', with: { min: 0.8 } },
  {
    id: 'small',
    use: 'field-constraint',
    with: { field: '/amount', operator: 'at-most', value: 500 },
  },
]

/** A loop around the ring: one signal takes every transition, and two guards judge each. */
export const ringLoop = defineLoop({
  id: 'bench.ring',
  states: [...ring, { id: end, terminal: true }],
  initialState: ring[0],
  transitions: [
    ...ring.map((state, index) => ({
      id: `next-${index}`,
      signal: 'next',
      from: state,
      to: after(index),
      actors,
      guards,
    })),
    { id: 'close', from: ring[0], to: end, actors, guards },
  ],
})

export const agent: Actor = Object.freeze({ type: 'ai-agent', id: 'agent:bench' })

/** Evidence of 80 bytes as JSON. */
export const smallEvidence = Object.freeze({
  amount: 120,
  confidence: 0.93,
  note: 'customer asked twice; order 4711 ok',
})

/** Evidence of ten fields, about 250 bytes as JSON. */
export const tenFields = Object.freeze({
  amount: 120,
  confidence: 0.93,
  currency: 'EUR',
  customer: 'customer-20398',
  order: 'order-99182-A',
  reason: 'delivered twice, one parcel returned',
  channel: 'email',
  repeat: false,
  score: 0.1274,
  received: '2026-11-20T09:14:03Z',
})
