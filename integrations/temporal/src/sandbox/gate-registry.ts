import { defineUpdate, setHandler } from '@temporalio/workflow'

import { decideUpdate } from '../names.ts'
import { readToken, refuse, type TokenTrust, type VerifiedDecision } from './read-token.ts'

/** A gate that waits in this workflow, or did: a decision may arrive twice, which is no error. */
export interface OpenGate {
  readonly runId: string
  readonly actionDigest: string
  readonly trust: TokenTrust
  decision: VerifiedDecision | undefined
}

// Every workflow has its own copy of a module's variables in the sandbox.
const gates = new Map<string, OpenGate>()
let accepting = false

export const isAccepting = (): boolean => accepting

export function enterGate(requestId: string, gate: OpenGate): void {
  gates.set(requestId, gate)
}

/**
 * Accepts signed decisions as updates. The validator judges a decision, so that a refused one leaves no trace in the
 * history. The handler must not judge again: a replay happens later, perhaps with other keys, and must end in the same
 * way.
 */
export function acceptDecisions(): void {
  accepting = true
  setHandler(
    defineUpdate<string, [unknown]>(decideUpdate),
    (token) => {
      const decision = readToken(token)
      const gate = gates.get(decision.requestId)
      if (gate) gate.decision ??= decision
      return (gate?.decision ?? decision).status
    },
    { validator: (token) => void judge(token) },
  )
}

/**
 * Reads a token and checks that it decides exactly what a gate of this workflow asked. Throws
 * `LoopEngine.DecisionRefused` otherwise.
 */
export function judge(token: unknown): VerifiedDecision {
  const claimed = readToken(token)
  const gate = gates.get(claimed.requestId)
  if (!gate) throw refuse('no_such_gate')
  const decision = readToken(token, gate.trust, Date.now())
  if (decision.runId !== gate.runId || decision.actionDigest !== gate.actionDigest)
    throw refuse('other_action')
  if (decision.status === 'pending') throw refuse('not_final')
  return decision
}
