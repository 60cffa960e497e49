import type { ObservedRequest, Telemetry } from '@loop-engine/core'
import type { Attributes, Span } from '@opentelemetry/api'

import { knownTransition, names } from './names.ts'
import type { Observer } from './observer.ts'
import { placeOf } from './place.ts'
import { readable } from './readable.ts'
import { fault, within } from './work.ts'

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
          ...placeOf(request, incoming),
          attributes: aboutRun(request),
          ended: (run, { span }) => {
            // Only now, because before the start the caller may name a loop that does not exist.
            span.updateName(`loop.start ${loopId}`)
            span.setAttributes({ [names.loopId]: loopId, [names.runId]: run.runId })
          },
          threw: (code, { span }) => denyOrFault(span, code),
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
            denyOrFault(span, code)
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
            // A guard that could not judge is a fault; a guard that says no is not.
            if (!passed && reason !== 'failed' && reason !== 'limit') fault(span, reason)
          },
        },
        work,
      )
    },
  }
}

function aboutRun({ tenant = 'default', aggregateId }: ObservedRequest): Attributes {
  return { [names.tenant]: tenant, [names.aggregateId]: aggregateId }
}

/** A refusal by a policy or a stop is an outcome; any other error is a fault. */
function denyOrFault(span: Span, code: string): void {
  if (code === 'stopped' || code === 'refused') span.setAttribute(names.outcome, code)
  else fault(span, code)
}
