/**
 * What `claim_v1` does, for the items of one business key. Walks what is due, which is little unless deliveries lag: an
 * index of its own would cost every commit.
 */
export function claimOfInstance(schema: string): string {
  const outbox = `${schema}.outbox`
  return `WITH head AS MATERIALIZED (
    SELECT o.id, o.tenant, o.lane FROM ${outbox} o
    WHERE NOT o.dead AND o.ready_at <= $2 AND ($5::text[] IS NULL OR o.kind = ANY ($5::text[]))
      AND o.tenant = $6 AND o.aggregate_id = $7
      AND o.id = (SELECT b.id FROM ${outbox} b
        WHERE b.tenant = o.tenant AND b.lane = o.lane AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1)
      AND NOT EXISTS (SELECT FROM ${outbox} b WHERE b.tenant = o.tenant AND b.lane = o.lane
        AND b.fence > 0 AND b.ready_at > $2 AND b.id <> o.id)
    ORDER BY o.ready_at, o.seq, o.id LIMIT $4 FOR UPDATE SKIP LOCKED
  ), lost AS (
    UPDATE ${outbox} o SET fence = 0, ready_at = o.due_at FROM head
    WHERE o.tenant = head.tenant AND o.lane = head.lane AND o.fence > 0 AND o.id <> head.id
  ), leased AS (
    UPDATE ${outbox} o
      SET attempt = o.attempt + 1, fence = pg_catalog.nextval('${schema}.fence'), ready_at = $3, worker = $1
      FROM head WHERE o.id = head.id AND o.tenant = head.tenant RETURNING o.*
  )
  SELECT * FROM leased ORDER BY due_at, seq, id`
}
