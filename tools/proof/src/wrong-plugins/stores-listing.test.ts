import type { ApprovalQuery, InstanceQuery } from '@loop-engine/core'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'
import { storeWith } from './wrong-store.ts'

const finding = (change: (query: InstanceQuery) => object): StoreHarness =>
  storeWith((inner) => ({ find: (query) => inner.find({ ...query, ...change(query) }) }))
const ignoring = (...names: (keyof InstanceQuery)[]): StoreHarness =>
  finding(() => Object.fromEntries(names.map((name) => [name, undefined])))
const listing = (change: (query: ApprovalQuery) => object): StoreHarness =>
  storeWith((inner) => ({
    approvals: (query) => inner.approvals({ ...query, ...change(query) }),
  }))
await suiteJudges(storeConformance, storeWith(), {
  'reads names without their case': finding(({ tenant }) => ({ tenant: tenant.toLowerCase() })),
  'reads names without their accents': finding(({ tenant }) => ({
    tenant: tenant.normalize('NFC'),
  })),
  'does not look at the loop': ignoring('loopId'),
  'does not look at the business key': ignoring('aggregateId'),
  'does not look at the state': ignoring('state'),
  'does not look at the status': ignoring('status'),
  'does not look at tags': ignoring('tag'),
  'does not look at when a run was changed first': ignoring('updatedFrom'),
  'does not look at when a run was changed last': ignoring('updatedUntil'),
  'counts the end of a time in': finding(({ updatedUntil }) => ({
    updatedUntil: updatedUntil && updatedUntil + 1,
  })),
  'counts the begin of a time out': finding(({ updatedFrom }) => ({
    updatedFrom: updatedFrom && updatedFrom + 1,
  })),
  'takes any cursor for the first page': ignoring('cursor'),
  'takes any limit': finding(({ limit = 100 }) => ({
    limit: Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 1000) : 100,
  })),
  'has pages of another size': finding(({ limit = 50 }) => ({ limit })),
  'has pages without end': finding(({ limit = 1000 }) => ({ limit })),
  'has no second page': storeWith((inner) => ({
    find: async (query) => ({ items: (await inner.find(query)).items }),
  })),
  'always has another page': storeWith((inner) => {
    let last: string | undefined
    return {
      async find(query) {
        const page = await inner.find(query)
        last = page.cursor ?? last
        return { ...page, ...(last !== undefined && { cursor: last }) }
      },
    }
  }),
  'lists runs in any order': storeWith((inner) => ({
    find: async (query) => {
      const page = await inner.find(query)
      return { ...page, items: page.items.toReversed() }
    },
  })),
  'lists approvals of all states': listing(() => ({ status: undefined })),
  'lists approvals of all runs': listing(() => ({ runId: undefined })),
  'lists approvals of all business keys': listing(() => ({ aggregateId: undefined })),
  'lists approvals of all loops': listing(() => ({ loopId: undefined })),
  'lists what waits for others': listing(() => ({ reviewers: undefined })),
  'lists what waits for the first name only': listing(({ reviewers }) => ({
    ...(reviewers && { reviewers: reviewers.slice(0, 1) }),
  })),
  'has pages of approvals of another size': listing((query) => ({ limit: 50, ...query })),
  'lists the oldest approvals first': storeWith((inner) => ({
    approvals: async (query) => {
      const page = await inner.approvals(query)
      return { ...page, items: page.items.toReversed() }
    },
  })),
})
