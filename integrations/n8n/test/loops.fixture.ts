import { defineLoop } from '@loop-engine/sdk'

const refund = defineLoop({
  id: 'refund',
  version: '1.0.0',
  states: [{ id: 'ASKED' }, { id: 'PAID', terminal: true }, { id: 'DROPPED', terminal: true }],
  initialState: 'ASKED',
  transitions: [
    { id: 'drop', from: 'ASKED', to: 'DROPPED', actors: ['automation'] },
    {
      id: 'pay',
      from: 'ASKED',
      to: 'PAID',
      actors: ['automation', 'ai-agent'],
      guards: [{ id: 'small', when: 'evidence.amount < 1000', severity: 'hard' }],
      approval: {
        when: 'evidence.amount > 10',
        reviewers: ['role:finance'],
        expiresIn: '2h',
        allow: ['edit'],
      },
    },
  ],
})

/** A call of a tool that people approve. */
const toolCall = defineLoop({
  id: 'tool-call',
  version: '1.0.0',
  states: [{ id: 'PLANNED' }, { id: 'ALLOWED', terminal: true }],
  initialState: 'PLANNED',
  transitions: [
    {
      id: 'allow',
      from: 'PLANNED',
      to: 'ALLOWED',
      actors: ['automation'],
      approval: { reviewers: ['role:finance'], expiresIn: '2h', allow: ['edit'] },
    },
  ],
})

export const loops = [refund, toolCall]
