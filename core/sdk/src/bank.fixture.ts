import type { Action, Integration } from '@loop-engine/core'

import { defineLoop, type LoopDefinition } from './index.ts'

type Transition = Parameters<typeof defineLoop>[0]['transitions'][number]
type Effect = Partial<NonNullable<Transition['effect']>>

/** A payment that a bank carries out. A test gives the fields of its effect, its guards, and more transitions. */
export function paymentByBank(
  effect: Effect,
  { guards = [], more = [] }: { guards?: Transition['guards']; more?: Transition[] } = {},
): LoopDefinition {
  return defineLoop({
    id: 'payment',
    states: [
      'OPEN',
      'PAYING',
      { id: 'PAID', terminal: true },
      { id: 'FAILED', terminal: true, error: true },
    ],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'pay',
        from: 'OPEN',
        to: 'PAYING',
        actors: ['ai-agent'],
        effect: { integration: 'bank', action: 'pay', semantics: 'idempotent', ...effect },
      },
      { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'], guards },
      { id: 'failed', from: 'PAYING', to: 'FAILED', actors: ['automation'] },
      ...more,
    ],
  })
}

/** A bank with one action, `pay`, which does what the test says. */
export function bankThat(pay: Action['run']): Integration {
  return {
    contract: 'integration/v1',
    name: 'bank',
    actions: { pay: { input: { parse: (value) => value }, run: pay } },
  }
}
