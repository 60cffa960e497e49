import { expect, test } from 'vitest'

import { approvalRequest, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

/** Names that break naive quoting, joining, sorting or folding of case. */
const hostile = [
  `'; DROP TABLE instance; --`,
  '"double" `back` \\slash',
  '%_*?',
  'acme\ndefault',
  '__proto__',
  'constructor',
  '😀\u{1F4A9}\u202E\u2028',
  'ß',
  'SS',
  'é',
  'e\u0301',
  ' ',
  '0',
  'null',
  '$1',
  '?1',
]

/** Tests that tenants and names are kept apart. */
export function testNames(open: OpenStore): void {
  test('one tenant never sees the data of another, even under equal names', async () => {
    const store = await open()
    const plans = ['acme', 'Acme'].map((tenant) => {
      const plan = startPlan({ tenant, metadata: { owner: tenant } })
      return { ...plan, approvals: [approvalRequest(plan.instance, { salt: tenant })] }
    })
    expect(await store.commit(plans)).toEqual([{ kind: 'committed' }, { kind: 'committed' }])

    for (const { tenant, instance, entries, approvals } of plans) {
      expect(await store.get(tenant, 'order-1')).toEqual(instance)
      expect(await store.getRun(tenant, instance.runId)).toEqual(instance)
      expect((await store.find({ tenant })).items).toEqual([instance])
      expect(await store.entries(tenant, instance.runId)).toEqual(entries)
      expect(await store.approval(tenant, `approval-of-${instance.runId}`)).toEqual(approvals[0])
      expect((await store.approvals({ tenant })).items).toEqual(approvals)
      expect(await store.unlogged(tenant, 10)).toEqual(entries)
    }
    expect(await store.find({ tenant: 'ACME' })).toEqual({ items: [] })
  })

  test('names are data, whatever they contain', async () => {
    const store = await open()
    const plans = hostile.map((name) => {
      const plan = startPlan({
        tenant: name,
        aggregateId: name,
        runId: name,
        loopId: name,
        currentState: name,
        tags: [name],
      })
      const policy = { stages: [{ reviewers: [name], quorum: 1 }], fourEyes: true, expiresIn: '1h' }
      return { ...plan, approvals: [approvalRequest(plan.instance, { policy })] }
    })
    const apart = hostile.map((name) => startPlan({ aggregateId: name, runId: name }))
    const results = await store.commit([...plans, ...apart])
    expect(results.every(({ kind }) => kind === 'committed')).toBe(true)

    for (const [index, name] of hostile.entries()) {
      const plan = plans[index]
      const query = { tenant: name, loopId: name, aggregateId: name, state: name, tag: name }
      expect((await store.find(query)).items).toEqual([plan?.instance])
      expect(await store.get(name, name)).toEqual(plan?.instance)
      expect(await store.getRun('acme', name)).toEqual(apart[index]?.instance)
      expect(await store.entries(name, name)).toEqual(plan?.entries)
      const waiting = await store.approvals({ tenant: name, reviewers: [name, `${name} `] })
      expect(waiting.items).toEqual(plan?.approvals)
    }
    expect((await store.find({ tenant: 'acme' })).items).toHaveLength(hostile.length)
  })
}
