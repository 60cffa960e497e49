import type { Provider } from '@loop-engine/sdk'
import { z } from 'zod'

import { severities } from '../signals/severity.ts'
import type { Signal } from '../signals/signals.ts'

const signalSchema = z.object({
  kind: z.literal('signal'),
  key: z.string().min(1),
  event: z.string().min(1),
  action: z.string(),
  title: z.string(),
  url: z.string(),
  repository: z.string().nullable(),
  severityHint: z.enum(severities).nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  digest: z.string().min(1),
})

/** The signal that a provider is asked about. */
export function readSignal({ evidence }: Parameters<Provider['createSubmission']>[0]): Signal {
  return signalSchema.parse(evidence)
}
