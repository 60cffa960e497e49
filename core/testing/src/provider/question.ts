import { deepFreeze, type JsonObject, type SubmissionContext } from '@loop-engine/core'

/** The question that the suites ask every provider. It is frozen: a provider that changes it fails. */
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

/** The words of the question, which must not leak. */
export const questionSecrets: readonly string[] = [
  question.instruction,
  'EVIDENCE-THAT-STAYS-INSIDE',
]
