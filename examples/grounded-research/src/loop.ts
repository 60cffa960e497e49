import { LoopBuilder } from '@loop-engine/sdk'

/** An answer to a customer rests on sources that we trust, and a person sends it. */
export const customerAnswer = LoopBuilder.create('support.answer', 'support')
  .state('ASKED')
  .state('RESEARCHED')
  .state('SENT', { isTerminal: true })
  .initialState('ASKED')
  .transition({
    id: 'research',
    from: 'ASKED',
    to: 'RESEARCHED',
    actors: ['ai-agent'],
    evidence: {
      type: 'object',
      required: ['answer', 'citations'],
      properties: { answer: { type: 'string' }, citations: { type: 'array', minItems: 1 } },
    },
    guards: [
      {
        id: 'trusted-sources',
        when: "evidence.citations.all(c, c.url.startsWith('https://nodejs.org/'))",
        message: 'Every source is a page of nodejs.org.',
      },
    ],
  })
  .transition({ id: 'send', from: 'RESEARCHED', to: 'SENT', actors: ['human'] })
  .build()
