import { defineLoop, LoopError, type Integration } from '@loop-engine/sdk'

/** A loop with everything that the console shows. */
export const refund = defineLoop({
  id: 'refund',
  version: '2.1.0',
  name: 'Refunds',
  description: 'An agent proposes refunds, people approve them, the bank pays.',
  states: [
    { id: 'REQUESTED', label: 'Requested', timeout: { after: '7d', transition: 'give-up' } },
    { id: 'REVIEWED', label: 'Reviewed' },
    { id: 'PAYING', label: 'Paying' },
    { id: 'PAID', label: 'Paid', terminal: true },
    { id: 'DROPPED', label: 'Dropped', terminal: true },
    { id: 'FAILED', label: 'Failed', terminal: true, error: true },
  ],
  initialState: 'REQUESTED',
  transitions: [
    { id: 'note', from: 'REQUESTED', to: 'REQUESTED', actors: ['automation', 'ai-agent', 'human'] },
    { id: 'review', from: 'REQUESTED', to: 'REVIEWED', actors: ['ai-agent', 'automation'] },
    {
      id: 'pay',
      from: 'REVIEWED',
      to: 'PAYING',
      description: 'Sends money back to the customer. It cannot be taken back.',
      actors: ['ai-agent', 'automation'],
      risk: 'high',
      guards: [
        { id: 'under-limit', when: 'evidence.amount < 1000', severity: 'hard' },
        {
          id: 'known-customer',
          when: 'evidence.customer != "new"',
          severity: 'soft',
          message: 'The customer bought for the first time.',
        },
      ],
      approval: {
        reviewers: ['role:finance'],
        expiresIn: '2h',
        onExpiry: 'give-up-late',
        escalate: [{ after: '1h', reviewers: ['role:head'] }],
        allow: ['delegate', 'edit', 'respond'],
      },
      effect: {
        integration: 'bank',
        action: 'pay',
        semantics: 'idempotent',
        input: { amount: 'evidence.amount', to: 'evidence.customer' },
        maxAttempts: 1,
        onSuccess: 'paid',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'failed', from: 'PAYING', to: 'FAILED', actors: ['automation'] },
    { id: 'drop', from: 'REQUESTED', to: 'DROPPED', actors: ['human', 'automation'] },
    { id: 'give-up', from: 'REQUESTED', to: 'DROPPED', actors: ['system'] },
    { id: 'give-up-late', from: 'REVIEWED', to: 'DROPPED', actors: ['system'] },
  ],
})

/** A loop whose one step needs two people. */
export const deploy = defineLoop({
  id: 'deploy',
  version: '1.0.0',
  name: 'Deployments',
  states: [{ id: 'PLANNED' }, { id: 'LIVE', terminal: true }, { id: 'SCRAPPED', terminal: true }],
  initialState: 'PLANNED',
  transitions: [
    {
      id: 'ship',
      from: 'PLANNED',
      to: 'LIVE',
      actors: ['automation'],
      risk: 'medium',
      approval: { reviewers: ['role:finance'], quorum: 2, expiresIn: '1d', onReject: 'scrap' },
    },
    { id: 'scrap', from: 'PLANNED', to: 'SCRAPPED', actors: ['system'] },
  ],
})

export interface Bank extends Integration {
  /** What was paid. */
  readonly paid: unknown[]
  /** Whether it refuses whatever it is asked. */
  breaks: boolean
}

export function createBank(): Bank {
  const paid: unknown[] = []
  const bank: Bank = {
    contract: 'integration/v1',
    name: 'bank',
    paid,
    breaks: false,
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: async (input) => {
          if (bank.breaks) throw new LoopError('bad_response', 'The bank knows no such account.')
          paid.push(input)
          return { payment: `p-${paid.length}` }
        },
      },
    },
  }
  return bank
}
