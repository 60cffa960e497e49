import type { Guard } from '@loop-engine/core'

import { checkedBy, numberFrom, oneOf, optional } from './parameters.ts'

/** `{ min: 0.8, from?: 'evidence' | 'actor' }`: a model's own confidence is stated, and high enough. */
export const confidenceThreshold: Guard = {
  contract: 'guard/v1',
  id: 'confidence-threshold',
  description: 'The stated confidence is at least `min`.',
  check: checkedBy({ min: numberFrom(0, 1), from: optional(oneOf(['evidence', 'actor'])) }),
  evaluate({ actor, evidence, parameters: { min, from = 'evidence' } }) {
    const confidence = from === 'actor' ? actor.confidence : evidence.confidence
    const passed = isFraction(confidence) && isFraction(min) && confidence >= min
    return { passed, message: 'The confidence is missing or too low.' }
  },
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}
