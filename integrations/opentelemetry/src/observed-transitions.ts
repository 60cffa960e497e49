import type { ObservedRequest, Telemetry } from '@loop-engine/core'
import { context, SpanKind, type Attributes } from '@opentelemetry/api'

import { names, other } from './names.ts'
import type { Observer } from './observer.ts'
import { placeOf } from './place.ts'
import { readable } from './readable.ts'
import { fault, within } from './work.ts'

/** A policy that says no is working as it should. */
const denials = new Set(['stopped', 'refused'])
/** Refusals of what a definition may not know: the id of the transition is then the caller's own text. */
const unknownTo = new Set(['unknown_transition', 'ambiguous_signal', 'final', 'suspended'])

export function knownTransition(transitionId: string | undefined, reason?: string): string {
  if (transitionId === undefined || (reason !== undefined && unknownTo.has(reason))) return other
  return transitionId
}

export function observeRequests({
  tracer,
  instruments,
  incoming,
}: Observer): Pick<Telemetry, 'start' | 'transition' | 'guard'> {
  return {
    async start(asked, work) {
      const request = readable(asked)
      const { loopId } = request
      return within(
        tracer(),
        {
          kind: 'start',
          name: 'loop.start',
          spanKind: SpanKind.INTERNAL,
          ...placeOf(request, incoming),
          attributes: aboutRun(request),
          ended: (run, { span }) => {
            // A name of the definition only now: whoever starts may name what is not there.
            span.updateName(`loop.start ${loopId}`)
            span.setAttributes({ [names.loopId]: loopId, [names.runId]: run.runId })
          },
          threw: (code, { span }) =>
            denials.has(code) ? span.setAttribute(names.outcome, code) : fault(span, code),
        },
        work,
      )
    },

    async transition(asked, work) {
      const request = readable(asked)
      return within(
        tracer(),
        {
          kind: 'transition',
          name: 'loop.transition',
          spanKind: SpanKind.INTERNAL,
          ...placeOf(request, incoming),
          attributes: aboutRun(request),
          ended: (result, { span }, seconds) => {
            const { status, transitionId, runId, instance } = result
            const reason = 'reason' in result ? result.reason : undefined
            const known = knownTransition(transitionId, reason)
            span.updateName(`loop.transition ${instance.loopId} ${known}`)
            span.setAttributes({
              [names.loopId]: instance.loopId,
              [names.runId]: runId,
              [names.transitionId]: transitionId,
              [names.outcome]: status,
              ...(reason !== undefined && { [names.reason]: reason }),
              ...(status === 'pending_approval' && { [names.approvalId]: result.approvalId }),
              ...(result.replayed && { [names.replayed]: true }),
            })
            if (!result.replayed)
              instruments().transitionDuration.record(seconds, {
                [names.loopId]: instance.loopId,
                [names.transitionId]: known,
                [names.outcome]: status,
              })
          },
          threw: (code, { span }, seconds) => {
            if (denials.has(code)) span.setAttribute(names.outcome, code)
            else fault(span, code)
            instruments().transitionDuration.record(seconds, { [names.errorType]: code })
          },
        },
        work,
      )
    },

    guard({ loopId, transitionId, id }, work) {
      return within(
        tracer(),
        {
          kind: 'guard',
          name: `loop.guard ${id}`,
          spanKind: SpanKind.INTERNAL,
          parent: context.active(),
          attributes: {
            [names.guardId]: id,
            [names.loopId]: loopId,
            [names.transitionId]: transitionId,
          },
          ended: ({ result }, { span }) => {
            const { passed, reason = 'failed', use, severity } = result
            span.setAttributes({
              [names.guardUse]: use,
              [names.guardSeverity]: severity,
              [names.outcome]: passed ? 'passed' : reason,
            })
            // A guard that could not judge is broken; one that says no is not.
            if (!passed && reason !== 'failed' && reason !== 'limit') fault(span, reason)
          },
          threw: (code, { span }) => fault(span, code),
        },
        work,
      )
    },
  }
}

function aboutRun({ tenant = 'default', aggregateId }: ObservedRequest): Attributes {
  return { [names.tenant]: tenant, [names.aggregateId]: aggregateId }
}
