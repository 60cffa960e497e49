import type { Telemetry } from '@loop-engine/core'
import { context, SpanKind, trace } from '@opentelemetry/api'

import { names, other } from './names.ts'
import type { Observer } from './observer.ts'
import { placeOf } from './place.ts'
import { fault, within } from './work.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Makes spans of requests to the server, unless an HTTP instrumentation has already made one. */
export function observeCalls({ tracer, incoming }: Observer): Pick<Telemetry, 'request'> {
  return {
    async request(call, work) {
      if (trace.getSpanContext(context.active())) return work()
      const method = methods.includes(call.method) ? call.method : other
      return within(
        tracer(),
        {
          kind: 'request',
          name: method === other ? 'HTTP' : method,
          spanKind: SpanKind.SERVER,
          ...placeOf(call, incoming),
          attributes: { [names.method]: method },
          ended: ({ status, route }, { span }) => {
            if (route !== undefined) {
              span.updateName(`${method} ${route}`)
              span.setAttribute(names.route, route)
            }
            span.setAttribute(names.statusCode, status)
            if (status >= 500) fault(span, String(status))
          },
        },
        work,
      )
    },
  }
}
