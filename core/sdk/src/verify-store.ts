import type { VerifyReport, VerifyStoreOptions } from '@loop-engine/observability'

/**
 * Verifies everything that a store holds of one tenant: every run, its record, and that the log and the runs hold the
 * same entries. The first call loads `@loop-engine/observability`, so that a program that never verifies does not.
 */
export async function verifyStore(options: VerifyStoreOptions): Promise<VerifyReport> {
  const observability = await import('@loop-engine/observability')
  return observability.verifyStore(options)
}
