import {
  openEntry,
  type ApprovalRequest,
  type LedgerEntry,
  type Telemetry,
} from '@loop-engine/core'
import { context, type Attributes } from '@opentelemetry/api'

import { knownTransition, names } from './names.ts'
import type { Observer } from './observer.ts'
import { below, linksTo, readContext } from './trace-context.ts'
import { currentWork, quietly, type Work } from './work.ts'

const attempts: Partial<Record<LedgerEntry['type'], string>> = {
  'loop.transition.executed': 'executed',
  'loop.transition.blocked': 'guard_failed',
  'loop.transition.rejected': 'rejected',
  'loop.approval.requested': 'pending_approval',
}

/** Counts committed entries: each once, however it came about. */
export function recordEntries({ tracer, instruments }: Observer): Pick<Telemetry, 'recorded'> {
  return {
    recorded: ({ entries, approvals = [] }) =>
      quietly(() => {
        const work = currentWork()
        const opened = entries.map(openEntry)
        for (const entry of opened) note(entry, approvals, work)
        closeRequests(opened, approvals)
      }),
  }

  function note(
    entry: LedgerEntry,
    approvals: readonly ApprovalRequest[],
    work: Work | undefined,
  ): void {
    const outcome = attempts[entry.type]
    if (outcome !== undefined) attempt(entry, outcome, approvals, work)
    if (entry.type.startsWith('loop.effect.') && entry.effect && work?.kind === 'delivery')
      effect(entry, entry.effect, work)
    const decision = entry.approval?.decision
    if (decision !== undefined)
      instruments().approvalDecisions.add(1, { ...labelsOf(entry), [names.decision]: decision })
  }

  function attempt(
    entry: LedgerEntry,
    outcome: string,
    approvals: readonly ApprovalRequest[],
    work: Work | undefined,
  ): void {
    const labels = labelsOf(entry)
    instruments().transitions.add(1, {
      ...labels,
      [names.outcome]: outcome,
      [names.actorType]: entry.actor.type,
    })
    for (const { id, use, severity, passed, reason = 'failed' } of entry.guards ?? [])
      if (!passed)
        instruments().guardFailures.add(1, {
          ...labels,
          [names.guardId]: id,
          [names.guardUse]: use,
          [names.guardSeverity]: severity,
          [names.reason]: reason,
        })
    if (work?.kind === 'transition') work.span.setAttributes(aboutOf(entry, outcome))
    else moment(entry, outcome, approvals, work)
  }

  /** A span without duration for a transition that a decision, the end of an effect or a timer brought about. */
  function moment(
    entry: LedgerEntry,
    outcome: string,
    approvals: readonly ApprovalRequest[],
    work: Work | undefined,
  ): void {
    const { trace: origin } = approvals[0] ?? {}
    const asked = readContext(origin?.traceparent, origin?.tracestate)
    tracer()
      .startSpan(
        `loop.transition ${entry.loopId} ${transitionOf(entry)}`,
        {
          attributes: aboutOf(entry, outcome),
          links: asked ? linksTo(work?.span.spanContext()) : [],
        },
        // Below the span of the request, with a link to the span in which a person decided.
        asked ? below(asked) : context.active(),
      )
      .end()
  }

  function effect(
    { type, loopId, reason }: LedgerEntry,
    { integration, action }: NonNullable<LedgerEntry['effect']>,
    work: Work,
  ): void {
    const outcome = type.slice('loop.effect.'.length)
    work.effect = { action, loopId, outcome, reason }
    if (outcome !== 'started') return
    work.span.updateName(`loop.effect ${integration}.${action}`)
    work.span.setAttributes({
      [names.loopId]: loopId,
      [names.integration]: integration,
      [names.action]: action,
    })
  }

  function closeRequests(
    entries: readonly LedgerEntry[],
    approvals: readonly ApprovalRequest[],
  ): void {
    for (const request of approvals) {
      const { id, loopId, transitionId, status, createdAt, decidedAt } = request
      const labels = { [names.loopId]: loopId, [names.transitionId]: transitionId }
      const opened = entries.some(
        ({ type, approval }) => type === 'loop.approval.requested' && approval?.id === id,
      )
      if (opened) instruments().approvalsWaiting.add(1, labels)
      // A commit after the end may only keep a channel's reference; it has no entry about the request.
      if (decidedAt === null || !entries.some(({ approval }) => approval?.id === id)) continue
      instruments().approvalsWaiting.add(-1, labels)
      instruments().approvalWait.record((decidedAt - createdAt) / 1000, {
        ...labels,
        [names.outcome]: status,
      })
    }
  }
}

function labelsOf(entry: LedgerEntry): Attributes {
  return { [names.loopId]: entry.loopId, [names.transitionId]: transitionOf(entry) }
}

/**
 * The transition id for metrics. Only rejections have a reason code; in other entries it may be a person's own words.
 */
function transitionOf({ type, transitionId, reason }: LedgerEntry): string {
  return knownTransition(transitionId, type === 'loop.transition.rejected' ? reason : undefined)
}

function aboutOf(entry: LedgerEntry, outcome: string): Attributes {
  const { transitionId, fromState, toState, approval } = entry
  return {
    [names.tenant]: entry.tenant,
    [names.loopId]: entry.loopId,
    [names.aggregateId]: entry.aggregateId,
    [names.runId]: entry.runId,
    [names.entrySeq]: entry.seq,
    [names.actorType]: entry.actor.type,
    [names.outcome]: outcome,
    ...(transitionId !== undefined && { [names.transitionId]: transitionId }),
    ...(fromState !== undefined && { [names.fromState]: fromState }),
    ...(toState !== undefined && { [names.toState]: toState }),
    ...(approval && { [names.approvalId]: approval.id }),
  }
}
