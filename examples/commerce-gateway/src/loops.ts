import { defineLoop } from '@loop-engine/sdk'

const money = {
  type: 'object',
  required: ['order', 'amount'],
  properties: { order: { type: 'string' }, amount: { type: 'number', exclusiveMinimum: 0 } },
  additionalProperties: false,
}

/**
 * An agent buys for up to 100 by itself; above that, a buyer has
 * to approve. When the gateway has charged, `confirm` follows.
 */
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

/** Money is paid back only when somebody from finance approves. */
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
