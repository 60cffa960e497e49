import type { LoopStore } from '@loop-engine/core'
import type { Operation, World } from '@loop-engine/testing'

/** Everything that was committed, as text; a replay must reproduce it. */
export async function bodiesOf({ store, tenants }: World): Promise<readonly string[]> {
  const bodies: string[] = []
  for (const tenant of tenants) {
    for (const { runId } of (await store.find({ tenant, limit: 1000 })).items) {
      for (const { body } of await store.entries(tenant, runId)) bodies.push(body)
    }
  }
  return bodies
}

/** The answers that a tenant gets to every kind of question. */
export async function answersOf(store: LoopStore, tenant: string): Promise<readonly string[]> {
  const answers = await Promise.all([
    store.get(tenant, 'a'),
    store.get(tenant, 'b'),
    store.find({ tenant }),
    store.approvals({ tenant }),
    store.deadLetters({ tenant }),
    store.counter(tenant, 'spent', 0),
  ])
  return answers.map((answer) => JSON.stringify(answer))
}

/** Records every conflict with the version that the store really had. */
export function recording(store: LoopStore, operations: Operation[]): LoopStore {
  return {
    ...store,
    async commit(plans) {
      const results = await store.commit(plans)
      for (const [index, result] of results.entries()) {
        const plan = plans[index]
        if (result.kind === 'conflict' && plan) {
          operations.push({
            kind: 'commit',
            tenant: plan.tenant,
            outcome: 'conflict',
            expected: plan.expectedVersion,
            actual: result.actual,
            invoked: 0,
            returned: 0,
          })
        }
      }
      return results
    },
  }
}
