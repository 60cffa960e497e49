import { LoopBuilder } from '@loop-engine/sdk'

/** A model may approve a refund if it is sure enough; otherwise a person has to. */
export const refund = LoopBuilder.create('support.refund', 'support')
  .state('REQUESTED')
  .state('REFUNDED', { isTerminal: true })
  .state('DECLINED', { isTerminal: true })
  .initialState('REQUESTED')
  .transition({
    id: 'approve',
    from: 'REQUESTED',
    to: 'REFUNDED',
    actors: ['ai-agent', 'human'],
    guards: [
      { id: 'sure-enough', use: 'confidence-threshold', with: { min: 0.8, from: 'evidence' } },
    ],
  })
  .transition({ id: 'decline', from: 'REQUESTED', to: 'DECLINED', actors: ['ai-agent', 'human'] })
  .build()
