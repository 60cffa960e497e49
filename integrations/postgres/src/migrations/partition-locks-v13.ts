/**
 * To take in a partition the server has to have the default one alone for a moment. Behind somebody who reads it for long,
 * as a dump does, that waits, and whoever reads the ledger waits behind it: it gives up before that is felt.
 */
export function partitionLocksV13(schema: string): string {
  return `
ALTER FUNCTION ${schema}.make_partitions_v3 SET lock_timeout = '1s';
`
}
