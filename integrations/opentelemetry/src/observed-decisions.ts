import type { Telemetry } from '@loop-engine/core'

import { names } from './names.ts'
import type { Observer } from './observer.ts'
import { readable } from './readable.ts'
import { linksTo, readContext } from './trace-context.ts'
import { fault, within } from './work.ts'

/** Makes spans of people's decisions, and of the sealed functions that run with a receipt. */
export function observeDecisions({ tracer }: Observer): Pick<Telemetry, 'decision' | 'sealed'> {
  return {
    async decision(asked, work) {
      const { tenant = 'default', requestId, decision } = readable(asked)
      return within(
        tracer(),
        {
          kind: 'decision',
          name: 'loop.decision',
          attributes: {
            [names.tenant]: tenant,
            [names.approvalId]: requestId,
            [names.decision]: decision,
          },
          ended: ({ status, reason, request, replayed }, { span }) => {
            const { loopId, transitionId, runId, aggregateId, trace } = request
            span.updateName(`loop.decision ${loopId} ${transitionId}`)
            span.addLinks(linksTo(readContext(trace?.traceparent, trace?.tracestate)))
            span.setAttributes({
              [names.loopId]: loopId,
              [names.transitionId]: transitionId,
              [names.runId]: runId,
              [names.aggregateId]: aggregateId,
              [names.outcome]: status,
              ...(reason !== undefined && { [names.reason]: reason }),
              ...(replayed && { [names.replayed]: true }),
            })
          },
          threw: (code, { span }) =>
            code === 'stopped' ? span.setAttribute(names.outcome, code) : fault(span, code),
        },
        work,
      )
    },

    async sealed({ name, receipt }, work) {
      const tool = name.replace(/^\w+:/, '')
      return within(
        tracer(),
        {
          kind: 'sealed',
          name: `execute_tool ${tool}`,
          attributes: {
            [names.operation]: 'execute_tool',
            [names.toolName]: tool,
            [names.tenant]: receipt.tenant,
            [names.aggregateId]: receipt.aggregateId,
            [names.runId]: receipt.runId,
            [names.transitionId]: receipt.transitionId,
            [names.entrySeq]: receipt.seq,
          },
        },
        work,
      )
    },
  }
}
