import { isFirst } from './migrations/claim-order-v14.ts'

/**
 * Claims as `claim_v1` does, but only items of one business key. It walks everything that is due, which is little unless
 * deliveries lag, because an index for this would cost every commit.
 */
export function claimOfInstance(schema: string): string {
  const outbox = `${schema}.outbox`
  return `WITH head AS MATERIALIZED (
    SELECT o.id, o.tenant, o.ready_at FROM ${outbox} o
    WHERE NOT o.dead AND o.ready_at <= $2 AND ($5::text[] IS NULL OR o.kind = ANY ($5::text[]))
      AND o.tenant = $6 AND o.aggregate_id = $7 AND ${isFirst(outbox)}
    ORDER BY o.ready_at, o.seq, o.id LIMIT $4 FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE ${outbox} o
      SET attempt = least(o.attempt, 2147483646) + 1, fence = pg_catalog.nextval('${schema}.fence'), ready_at = $3, worker = $1
      FROM head WHERE o.id = head.id AND o.tenant = head.tenant RETURNING o.*, head.ready_at AS was
  )
  SELECT * FROM leased ORDER BY was, seq, id`
}
