import { defineLoop } from '@loop-engine/sdk'

const money = {
  type: 'object',
  required: ['order', 'amount'],
  properties: { order: { type: 'string' }, amount: { type: 'number', exclusiveMinimum: 0 } },
  additionalProperties: false,
}

/** Up to 100 an agent buys by itself; above, a buyer agrees. The gateway's success moves the loop on. */
export const purchase = defineLoop({
  id: 'purchase',
  name: 'Purchase',
  description: 'Buys for a customer.',
  states: ['REQUESTED', 'ORDERED', { id: 'CONFIRMED', terminal: true }],
  initialState: 'REQUESTED',
  transitions: [
    {
      id: 'order',
      from: 'REQUESTED',
      to: 'ORDERED',
      actors: ['ai-agent'],
      evidence: money,
      guards: [{ id: 'within-budget', when: 'evidence.amount <= 500' }],
      approval: {
        when: 'evidence.amount > 100',
        reviewers: ['group:buyers'],
        expiresIn: '1d',
      },
      effect: {
        integration: 'commerce',
        action: 'charge',
        semantics: 'idempotent',
        onSuccess: 'confirm',
      },
    },
    { id: 'confirm', from: 'ORDERED', to: 'CONFIRMED', actors: ['automation'] },
  ],
})

/** Money goes back only when somebody from finance agrees. */
export const refund = defineLoop({
  id: 'refund',
  name: 'Refund',
  description: 'Pays a customer back.',
  states: ['REQUESTED', 'APPROVED', { id: 'PAID', terminal: true }],
  initialState: 'REQUESTED',
  transitions: [
    {
      id: 'pay-back',
      from: 'REQUESTED',
      to: 'APPROVED',
      actors: ['ai-agent'],
      evidence: money,
      approval: { reviewers: ['group:finance'], expiresIn: '1d' },
      effect: {
        integration: 'commerce',
        action: 'refund',
        semantics: 'idempotent',
        onSuccess: 'settle',
      },
    },
    { id: 'settle', from: 'APPROVED', to: 'PAID', actors: ['automation'] },
  ],
})
