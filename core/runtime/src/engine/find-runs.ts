import {
  instanceStatuses,
  isReservedKey,
  type InstanceQuery,
  type KnownKeys,
  type LoopInstance,
  type LoopStore,
  type Page,
} from '@loop-engine/core'

import { checkInput, checkStatus } from '../check-input.ts'

const findKeys: KnownKeys<InstanceQuery> = {
  tenant: true,
  loopId: true,
  aggregateId: true,
  state: true,
  status: true,
  tag: true,
  updatedFrom: true,
  updatedUntil: true,
  limit: true,
  cursor: true,
}

/** A page of runs. The engine's own run of stops is nobody's work, so it is found only by its name. */
export async function findRuns(
  store: LoopStore,
  query: Omit<InstanceQuery, 'tenant'> & { readonly tenant?: string },
): Promise<Page<LoopInstance>> {
  checkInput('engine.find', query, findKeys, [])
  checkStatus('engine.find', query.status, instanceStatuses)
  const asked = { ...query, tenant: query.tenant ?? 'default' }
  const isNamed = (query.loopId ?? query.aggregateId) !== undefined
  return isNamed ? store.find(asked) : withoutOwn(store, asked)
}

/** Fills the page again after leaving out the engine's own run, or a program could take a short page for the last one. */
async function withoutOwn(store: LoopStore, query: InstanceQuery): Promise<Page<LoopInstance>> {
  const page = await store.find(query)
  const items = page.items.filter(({ aggregateId }) => !isReservedKey(aggregateId))
  const limit = page.items.length - items.length
  if (limit === 0 || page.cursor === undefined) return { ...page, items }
  const rest = await withoutOwn(store, { ...query, limit, cursor: page.cursor })
  return { ...rest, items: [...items, ...rest.items] }
}
