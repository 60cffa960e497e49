import { deepFreeze, type JsonObject, type SubmissionContext } from '@loop-engine/core'

/** What the suites ask every provider. Whoever changes it fails. */
export const question: SubmissionContext = deepFreeze({
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [
    { signalId: 'approve', name: 'Approve' },
    { signalId: 'reject', name: 'Reject' },
  ],
  instruction: 'Decide about the order.',
  evidence: { amount: 12, note: 'EVIDENCE-THAT-STAYS-INSIDE' },
})

/** The same question when only one signal is open. */
export const narrowQuestion: SubmissionContext = {
  ...question,
  availableSignals: [{ signalId: 'reject', name: 'Reject' }],
}

/** The same question about another order. */
export const otherQuestion: SubmissionContext = {
  ...question,
  evidence: { ...question.evidence, amount: 13 },
}

/** A decision as a model writes it. */
export function decisionFor(signal: string): JsonObject {
  return { signal, rationale: 'Within the limit – 12 €.', confidence: 0.87 }
}

/** What was asked, in the words that must not leak. */
export const questionSecrets: readonly string[] = [
  question.instruction,
  'EVIDENCE-THAT-STAYS-INSIDE',
]
