import type { Tracer } from '@opentelemetry/api'

import type { Instruments } from './instruments.ts'

/** What every part of this package measures with. */
export interface Observer {
  /** Asked for each time: the SDK may be registered later than this is made. */
  readonly tracer: () => Tracer
  readonly instruments: () => Instruments
  readonly incoming: 'parent' | 'link'
}
