import { LoopBuilder } from '@loop-engine/sdk'

/** A model recommends, if it is sure enough; a buyer decides. */
export const procurement = LoopBuilder.create('procurement', 'scm')
  .state('pending_analysis')
  .state('pending_buyer')
  .state('ordered', { isTerminal: true })
  .state('declined', { isTerminal: true })
  .initialState('pending_analysis')
  .transition({
    id: 'submit_recommendation',
    from: 'pending_analysis',
    to: 'pending_buyer',
    actors: ['ai-agent'],
    guards: [
      { id: 'sure-enough', use: 'confidence-threshold', with: { min: 0.7, from: 'evidence' } },
    ],
  })
  .transition({ id: 'order', from: 'pending_buyer', to: 'ordered', actors: ['human'] })
  .transition({ id: 'decline', from: 'pending_buyer', to: 'declined', actors: ['human'] })
  .build()
