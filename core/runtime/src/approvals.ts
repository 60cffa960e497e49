import { mayReview } from '@loop-engine/actors'
import {
  digestOf,
  LoopError,
  type Actor,
  type ApprovalDecision,
  type ApprovalQuery,
  type ApprovalRequest,
  type CommitPlan,
  type DecisionKind,
  type EntryDraft,
  type LoopInstance,
  type Page,
  type TransitionResult,
} from '@loop-engine/core'

import {
  countApproval,
  approvalsOf,
  permits,
  refuseReviewer,
  type DecisionRefusal,
  type ReviewerToday,
} from './approval-rules.ts'
import { renderView } from './approval-view.ts'
import {
  approvalTimer,
  enqueueNotices,
  judge,
  record,
  resultOf,
  type Judgement,
} from './attempt.ts'
import { createChange, type Change } from './change.ts'
import { actionOf } from './decide.ts'
import { draftOf } from './draft.ts'
import { admitted, refusedBy } from './engine.ts'
import { knownEvidence, takeEvidence, type Evidence } from './evidence.ts'
import { commitChange, scopesOf, type Kernel } from './kernel.ts'
import { rulesOf } from './rules.ts'
import { supersede } from './supersede.ts'

export interface DecideInput {
  readonly requestId: string
  readonly tenant?: string
  readonly decision: DecisionKind
  readonly actor: Actor
  readonly reason?: string
  /** The revision and view that the reviewer saw; a channel must send both, code may leave them out. */
  readonly revision?: number
  readonly viewHash?: string
  /** For `edit`: the whole evidence as it should be. */
  readonly edits?: object
  /** For `respond`: what the requester should know. */
  readonly response?: object
  readonly idempotencyKey?: string
}

/** What became of a decision. A refusal is data, with a reason to show. */
export type DecisionResult =
  | { readonly status: 'recorded'; readonly request: ApprovalRequest; readonly replayed?: true }
  | {
      readonly status: 'executed'
      readonly request: ApprovalRequest
      readonly transition: TransitionResult
      readonly replayed?: true
    }
  /** Approved, but a guard no longer passes: nothing ran. */
  | {
      readonly status: 'blocked'
      readonly request: ApprovalRequest
      readonly transition: TransitionResult
      readonly replayed?: true
    }
  | { readonly status: 'rejected'; readonly request: ApprovalRequest; readonly replayed?: true }
  | {
      readonly status: 'refused'
      readonly reason: DecisionRefusal
      readonly request: ApprovalRequest
      readonly replayed?: true
    }

export interface Approvals {
  get(query: { readonly id: string; readonly tenant?: string }): Promise<ApprovalRequest | null>
  find(
    query?: Omit<ApprovalQuery, 'tenant'> & { readonly tenant?: string },
  ): Promise<Page<ApprovalRequest>>
  /** Pending requests that this person may decide. */
  inbox(query: {
    readonly actor: Actor
    readonly tenant?: string
  }): Promise<readonly ApprovalRequest[]>
  decide(input: DecideInput): Promise<DecisionResult>
  /** Each decision on its own: one that fails does not hold up the others. */
  decideMany(
    inputs: readonly DecideInput[],
  ): Promise<readonly (DecisionResult | { readonly status: 'error'; readonly error: LoopError })[]>
  /** Hands the right to decide to somebody else; the policy must allow it. */
  delegate(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly actor: Actor
    readonly to: string
    readonly reason?: string
  }): Promise<DecisionResult>
  /** The requester, or a person, takes the request back. */
  withdraw(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly actor: Actor
    readonly reason?: string
  }): Promise<ApprovalRequest>
  /** Resolves when the request is no longer pending. Wakes at once for decisions in this process, and polls for others. */
  wait(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly signal?: AbortSignal
  }): Promise<ApprovalRequest>
}

const system: Actor = Object.freeze({ type: 'system', id: 'system:approvals' })

export function createApprovals(kernel: Kernel): Approvals {
  const { store } = kernel
  return {
    get: ({ id, tenant = 'default' }) => store.approval(tenant, id),
    find: ({ tenant = 'default', ...query } = {}) => store.approvals({ tenant, ...query }),
    decide: (input) => decideRequest(kernel, input),
    delegate: (input) => delegate(kernel, input),
    withdraw: (input) => withdraw(kernel, input),
    wait: (input) => wait(kernel, input),

    async inbox({ actor: input, tenant = 'default' }) {
      const today = await kernel.identity.today(tenant, admitted(kernel, input))
      if (!today) return []
      const waiting: ApprovalRequest[] = []
      for (let cursor: string | undefined; ;) {
        const page = await store.approvals({
          tenant,
          status: 'pending',
          limit: 500,
          ...(cursor !== undefined && { cursor }),
        })
        for (const request of page.items) {
          const classes = await identityClasses(kernel, request, today)
          if (
            request.expiresAt > kernel.clock.now() &&
            refuseReviewer(request, today, classes) === null
          )
            waiting.push(request)
        }
        cursor = page.cursor
        if (cursor === undefined) return waiting
      }
    },

    async decideMany(inputs) {
      return Promise.all(
        inputs.map(async (input) => {
          try {
            return await decideRequest(kernel, input)
          } catch (error) {
            if (error instanceof LoopError) return { status: 'error' as const, error }
            throw error
          }
        }),
      )
    },
  }
}

interface Situation {
  readonly request: ApprovalRequest
  readonly instance: LoopInstance
  readonly change: Change
  readonly reviewer: Actor
}
type Outcome<Result> = {
  readonly result: Result
  readonly plan?: Partial<CommitPlan> & Pick<CommitPlan, 'scopes'>
}

/** Loads a request and its run, lets `build` change them, and commits; judges again on a conflict. */
export async function onRequest<Result>(
  kernel: Kernel,
  tenant: string,
  requestId: string,
  reviewer: Actor,
  build: (situation: Situation) => Promise<Outcome<Result>>,
  refused?: (reason: 'stopped' | 'limit_reached', request: ApprovalRequest) => Result,
): Promise<Result> {
  const first = await kernel.store.approval(tenant, requestId)
  if (!first)
    throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
  return kernel.runs.exclusive(tenant, first.aggregateId, async () => {
    for (let attempts = 0; attempts <= kernel.limits.conflictRetries; attempts++) {
      const [request, instance] = await Promise.all([
        kernel.store.approval(tenant, requestId),
        kernel.store.getRun(tenant, first.runId),
      ])
      if (!request || !instance)
        throw new LoopError('corrupt', 'The run of an approval request is gone.')
      const change = createChange(instance)
      const { result, plan } = await build({ request, instance, change, reviewer })
      if (!plan) return result
      const outcome = await commitChange(kernel, change, plan)
      if (outcome.kind === 'committed') return result
      if (outcome.kind === 'duplicate')
        return { ...(JSON.parse(outcome.answer) as Result), replayed: true }
      if (outcome.kind === 'key-mismatch')
        throw new LoopError('key_mismatch', 'The idempotency key was used for another decision.', {
          path: '/idempotencyKey',
        })
      if (outcome.kind === 'refused') {
        const { reason, message } = refusedBy(outcome.reason)
        if (refused) return refused(reason, request)
        throw new LoopError('stopped', message)
      }
    }
    throw new LoopError('conflict', 'The run kept moving while a decision was recorded.', {
      retryable: true,
    })
  })
}

async function decideRequest(kernel: Kernel, input: DecideInput): Promise<DecisionResult> {
  const { tenant = 'default', requestId, idempotencyKey } = input
  const admission = kernel.identity.admit(input.actor, kernel.clock.now())
  const reviewer = admission.actor
  const fingerprint = digestOf({
    requestId,
    decision: input.decision,
    reason: input.reason ?? null,
    edits: (input.edits ?? null) as null,
  })
  const principal = `${reviewer.type}:${reviewer.id}`
  if (idempotencyKey !== undefined) {
    const before = await kernel.store.idempotency(tenant, principal, idempotencyKey)
    if (before && before.fingerprint !== fingerprint)
      throw new LoopError('key_mismatch', 'The idempotency key was used for another decision.', {
        path: '/idempotencyKey',
      })
    if (before) return { ...(JSON.parse(before.answer) as DecisionResult), replayed: true }
  }
  return onRequest<DecisionResult>(
    kernel,
    tenant,
    requestId,
    reviewer,
    async (situation) => {
      const early = refuseEarly(kernel, situation, input)
      if (early === 'expired' && situation.request.status === 'pending')
        return expire(kernel, situation)
      if (early) return { result: { status: 'refused', reason: early, request: situation.request } }
      const today = await kernel.identity.today(tenant, reviewer)
      const classes = today ? await identityClasses(kernel, situation.request, today) : undefined
      const reason = admission.refused
        ? 'identity_not_verified'
        : !today || !classes
          ? 'not_entitled'
          : refuseReviewer(situation.request, today, classes)
      if (reason || !today) return refuse(kernel, situation, input, reason ?? 'not_entitled')
      const outcome = await apply(kernel, { ...situation, reviewer: today.actor }, input)
      if (idempotencyKey === undefined || !outcome.plan) return outcome
      return {
        ...outcome,
        plan: {
          ...outcome.plan,
          idempotency: {
            principal,
            key: idempotencyKey,
            fingerprint,
            answer: JSON.stringify(outcome.result),
            at: kernel.clock.now(),
          },
        },
      }
    },
    (reason, request) => ({ status: 'refused', reason, request }),
  )
}

/** Refusals that change nothing and need no record: the click was late or blind. */
function refuseEarly(
  kernel: Kernel,
  { request, instance }: Situation,
  input: DecideInput,
): DecisionRefusal | null {
  if (request.status === 'expired') return 'expired'
  if (request.status === 'superseded') return 'superseded'
  if (request.status !== 'pending') return 'already_decided'
  if (kernel.clock.now() >= request.expiresAt) return 'expired'
  if (instance.stateVersion !== request.stateVersion || instance.status !== 'active')
    return 'superseded'
  if (input.revision !== undefined && input.revision !== request.revision) return 'stale_revision'
  if (input.viewHash !== undefined && input.viewHash !== request.viewHash) return 'view_changed'
  if (!permits(request, input.decision)) return 'not_allowed'
  return null
}

/** Who somebody is, by id, for everybody that four-eyes must tell apart. */
async function identityClasses(
  kernel: Kernel,
  request: ApprovalRequest,
  today: ReviewerToday,
): Promise<(id: string) => string> {
  const people = [request.requester, ...request.decisions.map(({ reviewer }) => reviewer)]
  for (let principal = request.requester.onBehalfOf; principal; principal = principal.onBehalfOf)
    people.push(principal)
  const known = await Promise.all(
    people.map(
      async (person) =>
        [person.id, (await kernel.identity.today(request.tenant, person))?.identityClass] as const,
    ),
  )
  const classes = new Map<string, string>([[today.actor.id, today.identityClass]])
  for (const [id, identityClass] of known)
    if (identityClass !== undefined && !classes.has(id)) classes.set(id, identityClass)
  return (id) => classes.get(id) ?? id
}

/** A decision that somebody was not entitled to is on record too. */
function refuse(
  kernel: Kernel,
  { request, instance, change, reviewer }: Situation,
  input: DecideInput,
  reason: DecisionRefusal,
): Outcome<DecisionResult> {
  change.append({
    ...decisionDraft(
      kernel,
      instance,
      request,
      reviewer,
      'loop.approval.decided',
      `refused:${input.decision}`,
    ),
    reason,
  })
  return { result: { status: 'refused', reason, request }, plan: { scopes: [] } }
}

async function apply(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change, reviewer } = situation
  const at = kernel.clock.now()
  const decision: ApprovalDecision = {
    decision: input.decision,
    reviewer,
    stage: request.stage,
    revision: request.revision,
    at,
    ...(input.reason !== undefined && { reason: input.reason }),
  }
  const reason = input.reason !== undefined ? { reason: input.reason } : {}
  const scopes = scopesOf(instance, reviewer)

  if (input.decision === 'reject') {
    const rejected: ApprovalRequest = {
      ...request,
      decisions: [...request.decisions, decision],
      status: 'rejected',
      decidedAt: at,
    }
    change.append({
      ...decisionDraft(kernel, instance, request, reviewer, 'loop.approval.rejected', 'reject'),
      ...reason,
    })
    close(kernel, change, rejected)
    await followUp(kernel, change, request.policy.onReject, rejected)
    return { result: { status: 'rejected', request: rejected }, plan: { scopes } }
  }
  if (input.decision === 'respond' || input.decision === 'abstain') {
    const response = takeEvidence(input.response, rulesOf(kernel))
    const noted: ApprovalRequest = { ...request, decisions: [...request.decisions, decision] }
    change.append(
      {
        ...decisionDraft(
          kernel,
          instance,
          request,
          reviewer,
          'loop.approval.decided',
          input.decision,
        ),
        ...reason,
        ...(response.digest && { evidence: response.digest }),
      },
      response.sealed,
    )
    change.upsert(noted)
    enqueueNotices(change, noted, input.decision, kernel)
    return { result: { status: 'recorded', request: noted }, plan: { scopes } }
  }

  const edited = input.decision === 'edit' ? await edit(kernel, situation, input) : request
  if ('refusal' in edited) return { result: { status: 'refused', reason: edited.refusal, request } }
  const { request: counted, complete } = countApproval(edited, {
    ...decision,
    revision: edited.revision,
  })
  if (!complete) {
    change.append({
      ...decisionDraft(
        kernel,
        instance,
        counted,
        reviewer,
        'loop.approval.decided',
        input.decision,
      ),
      ...reason,
      actionDigest: counted.actionDigest,
    })
    change.upsert(counted)
    enqueueNotices(change, counted, 'progress', kernel)
    return { result: { status: 'recorded', request: counted }, plan: { scopes } }
  }
  if (!(await stillEntitled(kernel, counted)))
    return refuse(kernel, situation, input, 'not_entitled')
  return execute(kernel, { ...situation, request: counted }, input)
}

/** The last approval: the decision and the execution that it licenses are one commit. */
async function execute(
  kernel: Kernel,
  { request, instance, change, reviewer }: Situation,
  input: DecideInput,
): Promise<Outcome<DecisionResult>> {
  const at = kernel.clock.now()
  const approved: ApprovalRequest = { ...request, status: 'approved', decidedAt: at }
  change.append({
    ...decisionDraft(kernel, instance, request, reviewer, 'loop.approval.approved', input.decision),
    actionDigest: request.actionDigest,
    ...(input.reason !== undefined && { reason: input.reason }),
  })
  const current = change.instance ?? instance
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const evidence = evidenceOf(request)
  const command = { transitionId: request.transitionId, actor: request.requester }
  const judgement = await judge({ kernel, loop, instance: current, command, evidence, approved })
  const drift =
    judgement.ruling.status === 'executed' &&
    judgement.ruling.draft.actionDigest !== request.actionDigest
  if (drift)
    throw new LoopError('corrupt', 'What would run is not what was approved.', {
      details: { requestId: request.id },
    })
  const entry = record(change, judgement, evidence, kernel)
  const executed = judgement.ruling.status === 'executed'
  const closed: ApprovalRequest = { ...approved, executedBy: executed ? entry.hash : null }
  close(kernel, change, closed)
  if (executed && instance.openApprovals > 1) await supersede(kernel, change, instance, request.id)
  const transition = resultOf(judgement as Judgement, entry, change.instance ?? current, command)
  return {
    result: { status: executed ? 'executed' : 'blocked', request: closed, transition },
    plan: {
      scopes: [...scopesOf(instance, reviewer), ...scopesOf(instance, request.requester)],
      ...(judgement.reservations.length > 0 && { reservations: judgement.reservations }),
    },
  }
}

/** The request with other evidence: a new revision, a new digest, a new view; earlier approvals no longer count. */
async function edit(
  kernel: Kernel,
  { request, instance }: Situation,
  input: DecideInput,
): Promise<ApprovalRequest | { refusal: DecisionRefusal }> {
  if (input.edits === undefined)
    throw new LoopError('invalid_input', 'An edit needs the evidence as it should be.', {
      path: '/edits',
    })
  const evidence = takeEvidence(input.edits, rulesOf(kernel))
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const command = { transitionId: request.transitionId, actor: request.requester }
  const { ruling, guards } = await judge({
    kernel,
    loop,
    instance,
    command,
    evidence,
    approved: request,
  })
  if (ruling.status !== 'executed' || !ruling.transition) {
    throw new LoopError('invalid_input', 'The edited evidence does not pass the guards.', {
      path: '/edits',
      details: {
        failed: guards
          .filter(({ passed, severity }) => !passed && severity === 'hard')
          .map(({ id }) => id),
      },
      hint: 'Change the evidence, or reject the request.',
    })
  }
  const effect = ruling.orders.find((order) => order.kind === 'effect')
  const effectInput = effect ? JSON.parse(effect.input) : undefined
  const view = renderView({
    loop,
    instance,
    transition: ruling.transition,
    requester: request.requester,
    evidence: evidence.value,
    effectInput,
    guards,
    policy: request.policy,
    expiresAt: request.expiresAt,
  })
  return {
    ...request,
    revision: request.revision + 1,
    stage: 0,
    evidence: evidence.value,
    salt: evidence.sealed?.salt ?? '',
    actionDigest:
      ruling.draft.actionDigest ??
      digestOf(actionOf(instance, request.transitionId, evidence.digest?.digest ?? '', null)),
    view,
    viewHash: digestOf(view),
    guards,
  }
}

function evidenceOf(request: ApprovalRequest): Evidence {
  if (request.evidence === null)
    throw new LoopError('refused', 'The evidence of the request was erased.', {
      details: { requestId: request.id },
    })
  if (request.salt === '')
    return takeEvidence(undefined, { bytes: 0, depth: 0, redaction: undefined, salt: () => '' })
  return knownEvidence(request.evidence, request.salt)
}

/** Roles are checked when an approval is consumed, not when it was clicked (invariant 16). */
async function stillEntitled(kernel: Kernel, request: ApprovalRequest): Promise<boolean> {
  for (const { reviewer, stage } of approvalsOf(request)) {
    const today = await kernel.identity.today(request.tenant, reviewer)
    const entitled = [
      ...(request.policy.stages[stage]?.reviewers ?? []),
      ...request.escalated,
      ...request.delegations.map(({ to }) => to),
    ]
    if (!today || !mayReview(today.actor, entitled)) return false
  }
  return true
}

/** Ends a request by the clock; nobody is recorded as having decided. */
export async function expire(
  kernel: Kernel,
  { request, instance, change }: Situation,
): Promise<Outcome<DecisionResult>> {
  const expired: ApprovalRequest = { ...request, status: 'expired', decidedAt: kernel.clock.now() }
  change.append(decisionDraft(kernel, instance, request, system, 'loop.approval.expired'))
  close(kernel, change, expired)
  await followUp(kernel, change, request.policy.onExpiry, expired)
  return {
    result: { status: 'refused', reason: 'expired', request: expired },
    plan: { scopes: [] },
  }
}

/** The transition that the policy takes after a rejection or an expiry, judged like any other, in the same commit. */
async function followUp(
  kernel: Kernel,
  change: Change,
  transitionId: string | undefined,
  request: ApprovalRequest,
): Promise<void> {
  const instance = change.instance
  if (transitionId === undefined || instance === null || instance.status !== 'active') return
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const evidence = takeEvidence(undefined, rulesOf(kernel))
  const judgement = await judge({
    kernel,
    loop,
    instance,
    command: { transitionId, actor: system },
    evidence,
  })
  record(change, judgement, evidence, kernel)
  if (judgement.ruling.status === 'executed' && instance.openApprovals > 0)
    await supersede(kernel, change, instance, request.id)
}

function close(kernel: Kernel, change: Change, request: ApprovalRequest): void {
  change.upsert(request)
  change.cancel(approvalTimer(request.id, 'approval-expiry'))
  enqueueNotices(change, request, request.status, kernel)
}

function decisionDraft(
  kernel: Kernel,
  instance: LoopInstance,
  request: ApprovalRequest,
  actor: Actor,
  type: EntryDraft['type'],
  decision?: string,
): EntryDraft {
  return {
    ...draftOf(kernel, instance, actor),
    type,
    transitionId: request.transitionId,
    approval: {
      id: request.id,
      revision: request.revision,
      viewHash: request.viewHash,
      stage: request.stage,
      ...(decision !== undefined && { decision }),
    },
  }
}

async function delegate(
  kernel: Kernel,
  input: Parameters<Approvals['delegate']>[0],
): Promise<DecisionResult> {
  const { tenant = 'default', requestId, to, reason } = input
  const actor = admitted(kernel, input.actor)
  return onRequest<DecisionResult>(kernel, tenant, requestId, actor, async (situation) => {
    const { request, instance, change } = situation
    const early = refuseEarly(kernel, situation, { requestId, actor, decision: 'approve' })
    if (early) return { result: { status: 'refused', reason: early, request } }
    const today = await kernel.identity.today(tenant, actor)
    const classes = today ? await identityClasses(kernel, request, today) : undefined
    const refusal = !permits(request, 'delegate')
      ? 'not_allowed'
      : !today || !classes
        ? 'not_entitled'
        : refuseReviewer(request, today, classes)
    if (refusal)
      return refuse(kernel, situation, { requestId, actor, decision: 'approve' }, refusal)
    const handed: ApprovalRequest = {
      ...request,
      delegations: [...request.delegations, { from: actor.id, to, at: kernel.clock.now() }],
    }
    change.append({
      ...decisionDraft(kernel, instance, request, actor, 'loop.approval.decided', 'delegate'),
      ...(reason !== undefined && { reason }),
      data: { to },
    })
    change.upsert(handed)
    enqueueNotices(change, handed, 'delegated', kernel)
    return {
      result: { status: 'recorded', request: handed },
      plan: { scopes: scopesOf(instance, actor) },
    }
  })
}

async function withdraw(
  kernel: Kernel,
  input: Parameters<Approvals['withdraw']>[0],
): Promise<ApprovalRequest> {
  const { tenant = 'default', requestId, reason = 'withdrawn' } = input
  const actor = admitted(kernel, input.actor)
  return onRequest<ApprovalRequest>(
    kernel,
    tenant,
    requestId,
    actor,
    async ({ request, instance, change }) => {
      if (request.status !== 'pending') return { result: request }
      if (actor.id !== request.requester.id && actor.type !== 'human') {
        throw new LoopError('refused', 'Only the requester or a person may withdraw a request.', {
          details: { reason: 'not_entitled' },
        })
      }
      const withdrawn: ApprovalRequest = {
        ...request,
        status: 'cancelled',
        decidedAt: kernel.clock.now(),
      }
      change.append({
        ...decisionDraft(kernel, instance, request, actor, 'loop.approval.superseded', 'withdraw'),
        reason,
      })
      close(kernel, change, withdrawn)
      return { result: withdrawn, plan: { scopes: [] } }
    },
  )
}

async function wait(
  kernel: Kernel,
  { requestId, tenant = 'default', signal }: Parameters<Approvals['wait']>[0],
): Promise<ApprovalRequest> {
  for (;;) {
    const decided = new AbortController()
    const stop = kernel.bus.subscribe({ approvalId: requestId }, () => decided.abort())
    try {
      const request = await kernel.store.approval(tenant, requestId)
      if (!request)
        throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
      if (request.status !== 'pending') return request
      if (signal?.aborted) throw new LoopError('aborted', 'Waiting for a decision was aborted.')
      const woken = signal ? AbortSignal.any([signal, decided.signal]) : decided.signal
      await kernel.clock.sleep(kernel.limits.pollMs, woken)
    } finally {
      stop()
    }
  }
}
