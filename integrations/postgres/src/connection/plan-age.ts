import type { ClientBase } from 'pg'

/** How long a connection keeps its plans. */
const plansMs = 1000

/**
 * Makes the server plan prepared statements anew. A plan that reads all of a small table would otherwise go on reading all
 * of it as the table grows, until the server counts the rows again, which may take a minute.
 */
interface PlanAge {
  /** Whether the plans of a connection are due to be renewed; a positive answer counts as renewed. */
  isDue(client: ClientBase): boolean
  /** False if the connection is broken. */
  renew(client: ClientBase): Promise<boolean>
}

export function createPlanAge(): PlanAge {
  const renewedAt = new WeakMap<ClientBase, number>()
  return {
    isDue(client) {
      const now = performance.now()
      const isDue = now - (renewedAt.get(client) ?? 0) >= plansMs
      if (isDue) renewedAt.set(client, now)
      return isDue
    },
    async renew(client) {
      try {
        await client.query('DISCARD PLANS')
        return true
      } catch {
        return false
      }
    },
  }
}
