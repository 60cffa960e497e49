// The rules of `proofLoop` in plain data, by which the reference model judges.

/** An approval request of the reference model. */
export interface ReferenceRequest {
  readonly expiresAt: number
  status: 'pending' | 'approved' | 'rejected' | 'cancelled' | 'expired' | 'superseded'
  /** The votes for the current evidence: who voted, and for a delegate also whose vote it was. */
  votes: readonly (readonly string[])[]
  /** The person who handed a vote on to dan. */
  handedOnBy?: string
  /** The entries that hold the evidence of the request, before and after an edit. */
  copies: readonly number[]
  /** Whether the current evidence of the request was erased. */
  erased: boolean
}

export interface ReferenceRun {
  definition: 1 | 2
  state: 'OPEN' | 'PAYING' | 'PAID' | 'FAILED' | 'CLOSED'
  status: 'active' | 'suspended' | 'completed' | 'failed' | 'cancelled'
  version: number
  stateVersion: number
  /** The state to which an effect leads that ended while the run was suspended. */
  held?: 'PAID' | 'FAILED' | undefined
  readonly requests: ReferenceRequest[]
}

interface Rule {
  readonly from: ReferenceRun['state']
  readonly to: ReferenceRun['state']
  readonly by: readonly string[]
  /** The definition in which the transition appeared. */
  readonly since: ReferenceRun['definition']
}

export const rules: Readonly<Record<string, Rule>> = {
  note: { from: 'OPEN', to: 'OPEN', by: ['agent', 'alice'], since: 1 },
  spend: { from: 'OPEN', to: 'OPEN', by: ['agent'], since: 1 },
  risky: { from: 'OPEN', to: 'OPEN', by: ['agent'], since: 1 },
  pay: { from: 'OPEN', to: 'PAYING', by: ['agent'], since: 1 },
  close: { from: 'OPEN', to: 'CLOSED', by: ['alice'], since: 1 },
  audit: { from: 'OPEN', to: 'OPEN', by: ['agent'], since: 2 },
  paid: { from: 'PAYING', to: 'PAID', by: [], since: 1 },
}

/** The status of a run that arrives in a state. */
export const statusIn: Readonly<Record<ReferenceRun['state'], ReferenceRun['status']>> = {
  OPEN: 'active',
  PAYING: 'active',
  PAID: 'completed',
  FAILED: 'failed',
  CLOSED: 'completed',
}

export function isOpen({ status }: ReferenceRun): boolean {
  return status === 'active' || status === 'suspended'
}

export function pendingOf({ requests }: ReferenceRun): ReferenceRequest[] {
  return requests.filter(({ status }) => status === 'pending')
}

/** Why a transition is refused before it is judged: because of the state of the run, or of the actor. */
export function refusalOfMove(run: ReferenceRun, id: string, by: string): string | undefined {
  const rule = rules[id]
  if (run.status === 'suspended') return 'suspended'
  if (!isOpen(run)) return 'final'
  if (!rule || rule.since > run.definition) return 'unknown_transition'
  if (rule.from !== run.state) return 'not_from_this_state'
  return rule.by.includes(by) ? undefined : 'actor_type_not_allowed'
}

/**
 * Why somebody may not decide. Two different people have to: not the agent, nor olga, for whom it acts. Alice has two
 * accounts, and dan has no vote of his own.
 */
export function refusalOfReviewer(request: ReferenceRequest, by: string): string | undefined {
  if (by === 'agent') return 'not_a_person'
  if (by === 'olga') return 'requester_cannot_decide'
  if (by === 'dan' && request.handedOnBy === undefined) return 'not_entitled'
  const voted = request.votes.flat()
  return voteOf(request, by).some((person) => voted.includes(person)) ? 'already_voted' : undefined
}

/** The person who votes, and for dan also the person whose vote it is. */
export function voteOf({ handedOnBy = '' }: ReferenceRequest, by: string): readonly string[] {
  return by === 'dan' ? ['dan', handedOnBy] : [personOf(by)]
}

export function personOf(by: string): string {
  return by === 'aliceAgain' ? 'alice' : by
}
