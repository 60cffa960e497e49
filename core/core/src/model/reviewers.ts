import type { ApprovalRequest } from './approval.ts'

/** What of a request says who may decide: clients of the server know less of its policy. */
interface Asking extends Pick<ApprovalRequest, 'stage' | 'escalated' | 'delegations'> {
  readonly policy: { readonly stages: readonly { readonly reviewers: readonly string[] }[] }
}

/** Who may decide at a stage, the one that waits by default: names of people, roles and groups. */
export function reviewersOf(request: Asking, stage = request.stage): readonly string[] {
  return [...askedAt(request, stage), ...handedOnAt(request, stage).map(({ to }) => to)]
}

/**
 * The names that an open request waits for, each once; one that is over waits for nobody. Stores keep them, and find what
 * waits for somebody by them.
 */
export function waitsFor(request: Asking & Pick<ApprovalRequest, 'status'>): readonly string[] {
  return request.status === 'pending' ? [...new Set(reviewersOf(request))] : []
}

/** Who may decide at a stage by the policy, escalation included, and not because somebody handed it on. */
export function askedAt(
  { policy, escalated }: Pick<Asking, 'policy' | 'escalated'>,
  stage: number,
): readonly string[] {
  return [...(policy.stages[stage]?.reviewers ?? []), ...escalated]
}

/** The delegations that count at a stage. Each hands on the decision of one stage, and of no other. */
export function handedOnAt(
  { delegations }: Pick<Asking, 'delegations'>,
  stage: number,
): ApprovalRequest['delegations'] {
  return delegations.filter((one) => one.stage === stage)
}
