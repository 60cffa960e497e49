import { and, setup } from 'xstate'

import { after, end, ring, type smallEvidence, type tenFields } from './bench-loop.ts'

export type RingEvidence = typeof smallEvidence | typeof tenFields

const ringSetup = setup({
  types: { events: {} as { type: 'next'; evidence: RingEvidence } },
  guards: {
    sure: ({ event }) => event.evidence.confidence >= 0.8,
    small: ({ event }) => event.evidence.amount <= 500,
  },
})
const guard = and(['sure', 'small'] as const)

/** The states and guards of `ringLoop` in XState. */
export const ringMachine = ringSetup.createMachine({
  id: 'ring',
  initial: ring[0],
  states: {
    ...Object.fromEntries(
      ring.map((state, index) => [state, { on: { next: { target: after(index), guard } } }]),
    ),
    [end]: { type: 'final' },
  },
})
