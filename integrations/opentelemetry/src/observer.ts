import type { Tracer } from '@opentelemetry/api'

import type { Instruments } from './instruments.ts'

/** What all parts of this package measure with. */
export interface Observer {
  /** A function, because the SDK may be registered after this is made. */
  readonly tracer: () => Tracer
  readonly instruments: () => Instruments
  readonly incoming: 'parent' | 'link'
}
