/** A payment that an agent asks for. One person of `group:ops` has to approve it; two, if it is large. */
export const paymentLoop = {
  id: 'journey.payment',
  version: '1',
  name: 'Payment',
  states: [{ id: 'ASKED' }, { id: 'AUDITED' }, { id: 'PAID', terminal: true }],
  initialState: 'ASKED',
  transitions: [
    payment('pay', 1),
    payment('payLarge', 2),
    {
      id: 'audit',
      signal: 'audit',
      from: 'ASKED',
      to: 'AUDITED',
      actors: ['automation'],
      guards: [],
    },
    {
      id: 'reopen',
      signal: 'reopen',
      from: 'AUDITED',
      to: 'ASKED',
      actors: ['automation'],
      guards: [],
    },
  ],
}

function payment(id: string, quorum: number): object {
  return {
    id,
    signal: id,
    from: 'ASKED',
    to: 'PAID',
    actors: ['ai-agent'],
    guards: [],
    approval: {
      stages: [{ reviewers: ['group:ops'], quorum }],
      fourEyes: true,
      expiresIn: '1h',
      allow: ['edit', 'respond'],
    },
    effect: { integration: 'bank', action: 'pay', semantics: 'at-most-once' },
    risk: 'medium',
  }
}
