/** The rules of `proofLoop` as its README would tell them, in plain data: what the reference model judges by. */

export interface ReferenceRequest {
  readonly expiresAt: number
  status: 'pending' | 'approved' | 'rejected' | 'cancelled' | 'expired' | 'superseded'
  /** Persons who approved what it asks for now, each with whose vote that was. */
  votes: readonly (readonly string[])[]
  /** By whom dan has a vote. */
  handedOnBy?: string
  /** Entries with the evidence that people are to approve, or were before it was edited. */
  copies: readonly number[]
  /** Whether the evidence that people are to approve was deleted. */
  erased: boolean
}

export interface ReferenceRun {
  definition: 1 | 2
  state: 'OPEN' | 'PAYING' | 'PAID' | 'FAILED' | 'CLOSED'
  status: 'active' | 'suspended' | 'completed' | 'failed' | 'cancelled'
  version: number
  stateVersion: number
  /** Where an effect that ended while the run was suspended leads. */
  held?: 'PAID' | 'FAILED' | undefined
  readonly requests: ReferenceRequest[]
}

interface Rule {
  readonly from: ReferenceRun['state']
  readonly to: ReferenceRun['state']
  readonly by: readonly string[]
  /** The definition that it came with. */
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

/** What becomes of a run that arrives in a state. */
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

/** Why a transition is not even looked at: where the run is, and who asks. */
export function refusalOfMove(run: ReferenceRun, id: string, by: string): string | undefined {
  const rule = rules[id]
  if (run.status === 'suspended') return 'suspended'
  if (!isOpen(run)) return 'final'
  if (!rule || rule.since > run.definition) return 'unknown_transition'
  if (rule.from !== run.state) return 'not_from_this_state'
  return rule.by.includes(by) ? undefined : 'actor_type_not_allowed'
}

/** Two different people decide: not the agent, nor olga, for whom it acts; alice has two accounts, and dan no vote of his own. */
export function refusalOfReviewer(request: ReferenceRequest, by: string): string | undefined {
  if (by === 'agent') return 'not_a_person'
  if (by === 'olga') return 'requester_cannot_decide'
  if (by === 'dan' && request.handedOnBy === undefined) return 'not_entitled'
  const voted = request.votes.flat()
  return voteOf(request, by).some((person) => voted.includes(person)) ? 'already_voted' : undefined
}

/** Who votes, and whose vote it is. */
export function voteOf({ handedOnBy = '' }: ReferenceRequest, by: string): readonly string[] {
  return by === 'dan' ? ['dan', handedOnBy] : [personOf(by)]
}

export function personOf(by: string): string {
  return by === 'aliceAgain' ? 'alice' : by
}
