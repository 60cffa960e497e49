import type { VerifyReport, VerifyStoreOptions } from '@loop-engine/observability'

/**
 * Verifies what a store holds of a tenant: every run, its record, and that the log and the runs know the same entries.
 * What it takes is loaded by the first call.
 */
export async function verifyStore(options: VerifyStoreOptions): Promise<VerifyReport> {
  const observability = await import('@loop-engine/observability')
  return observability.verifyStore(options)
}
