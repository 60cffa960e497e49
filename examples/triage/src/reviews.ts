import {
  isLoopError,
  type Actor,
  type ApprovalRequest,
  type JsonObject,
  type LoopInstance,
  type LoopSystem,
  type TransitionInput,
} from '@loop-engine/sdk'

import { readAssessment } from './proposals/assessment.ts'

/** A matter that a person has to decide. */
export interface Waiting {
  readonly key: string
  readonly evidence: JsonObject
  /** The reason why it waits, for people. */
  readonly because: string
  /** Present when the matter waits for approval; absent when the guards found the agent not sure enough. */
  readonly request?: ApprovalRequest
  /** The version of the run that was shown. A decision is refused if the run has moved since. */
  readonly seen?: TransitionInput['expected']
}

export type Answer =
  | { readonly kind: 'approve' }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'edit'; readonly evidence: JsonObject }

export interface Reviews {
  /** The matters that this person may decide, oldest first. */
  waiting(): Promise<readonly Waiting[]>
  /** Gives an answer. Returns null, or the reason of a refusal: `already_decided` when somebody else was faster. */
  answer(item: Waiting, answer: Answer): Promise<string | null>
}

export interface ReviewsOptions {
  readonly system: Pick<LoopSystem, 'engine' | 'approvals'>
  readonly loopId: string
  readonly reviewer: Actor
}

/**
 * The decisions that one person has to take: approvals that the policy asks for, and proposals that the guards blocked.
 */
export function createReviews({ system, loopId, reviewer }: ReviewsOptions): Reviews {
  const { engine, approvals } = system
  return {
    async waiting() {
      const [inbox, doubtful] = await Promise.all([
        approvals.inbox({ actor: reviewer }),
        engine.find({ loopId, state: 'IN_REVIEW', status: 'active', limit: 1000 }),
      ])
      const asked = inbox.filter((request) => request.loopId === loopId).map(fromRequest)
      const unsure = await Promise.all(doubtful.items.map(fromRun))
      return [...asked, ...unsure]
    },
    answer: (item, answer) => (item.request ? decide(item.request, answer) : release(item, answer)),
  }

  async function fromRun(run: LoopInstance): Promise<Waiting> {
    const assessment = await readAssessment(engine, run)
    return {
      key: run.aggregateId,
      evidence: assessment?.evidence ?? {},
      because: 'The agent is not sure enough to act alone.',
      seen: { runId: run.runId, version: run.version },
    }
  }

  /**
   * The revision and the view hash say what the person saw: if the request has changed since, the answer is refused.
   */
  async function decide(request: ApprovalRequest, answer: Answer): Promise<string | null> {
    const result = await approvals.decide({
      requestId: request.id,
      revision: request.revision,
      viewHash: request.viewHash,
      actor: reviewer,
      decision: answer.kind,
      ...(answer.kind === 'reject' && { reason: answer.reason }),
      ...(answer.kind === 'edit' && { edits: answer.evidence }),
    })
    if (result.status === 'refused') return result.reason
    return result.status === 'blocked' ? 'a guard no longer passes' : null
  }

  /** Decides about a blocked proposal. Approving a proposal to dismiss takes `decline`, because no ticket is due. */
  async function release({ key, evidence, seen }: Waiting, answer: Answer): Promise<string | null> {
    const proposal = answer.kind === 'edit' ? answer.evidence : evidence
    const files = answer.kind !== 'reject' && proposal['remediation'] !== 'dismiss'
    try {
      const result = await engine.transition({
        aggregateId: key,
        actor: reviewer,
        expected: seen,
        signal: files ? 'accept' : 'decline',
        ...(files && { evidence: proposal }),
        ...(answer.kind === 'reject' && { evidence: { reason: answer.reason } }),
      })
      return result.status === 'rejected' || result.status === 'guard_failed' ? result.reason : null
    } catch (error) {
      if (isLoopError(error) && error.code === 'conflict') return 'already_decided'
      throw error
    }
  }
}

function fromRequest(request: ApprovalRequest): Waiting {
  const { aggregateId, evidence, view } = request
  const warnings = view.warnings.map((warning) => ` Warning: ${warning}.`).join('')
  return {
    key: aggregateId,
    evidence: evidence ?? {},
    because: `It is severe or risky.${warnings} ${view.ifNothing}`,
    request,
  }
}
