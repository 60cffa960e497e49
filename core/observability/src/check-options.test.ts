import { createMemoryStore } from '@loop-engine/runtime'
import { expect, test } from 'vitest'

import { exportRecords } from './export/export.ts'
import { verifyExport } from './export/verify-export.ts'
import { createLog } from './log/log.ts'
import { retainRecords } from './log/retain.ts'
import { checkAgainst } from './log/start-check.ts'
import { metricsOf } from './metrics/metrics.ts'
import { verifyStore } from './verify/verify.ts'

const store = createMemoryStore()
const tenant = 'default'

/** As JavaScript calls them. */
const calls: Readonly<Record<string, (options: never) => unknown>> = {
  verifyStore,
  createLog,
  retainRecords,
  exportRecords: (options) => exportRecords(options).next(),
  verifyExport: (options) => verifyExport([], options),
  metricsOf,
  checkAgainst,
}

async function call(name: string, options: unknown): Promise<unknown> {
  return calls[name]?.(options as never)
}

test.each([
  ['verifyStore', { store, tennant: 'acme' }, '/tennant'],
  ['verifyStore', { store, tenant, checkpiont: {} }, '/checkpiont'],
  ['verifyStore', { store }, '/tenant'],
  ['verifyStore', { tenant }, '/store'],
  ['verifyStore', undefined, ''],
  ['verifyExport', { kyes: [] }, '/kyes'],
  ['verifyExport', { keys: [] }, '/keys'],
  ['retainRecords', { store, tenant, before: 1, keys: [] }, '/keys'],
  ['exportRecords', { store, tenant, runID: 'run-1' }, '/runID'],
  ['createLog', { store, tenant, singer: {} }, '/singer'],
  ['retainRecords', { store, tenant, before: 1, dryrun: true }, '/dryrun'],
  ['checkAgainst', { store, tenant, note: '' }, '/note'],
  ['metricsOf', { store, tenant, loop: 'support.refund' }, '/loop'],
  ['metricsOf', { store, loopId: 'support.refund' }, '/tenant'],
])(
  '%s refuses %o: it would check less than was asked, or drop what was only to be counted',
  async (name, options, path) => {
    await expect(call(name, options)).rejects.toMatchObject({ code: 'invalid_input', path })
  },
)

test.each([
  [{ before: Number.NaN }, '/before'],
  [{ before: '2026-01-01' }, '/before'],
  [{ before: 1, dryRun: 'yes' }, '/dryRun'],
])('retention with %j drops nothing', async (given, path) => {
  const dropped: unknown[] = []
  const retention = { drop: async (asked: unknown) => void dropped.push(asked) }
  const asked = { store: { ...store, retention }, tenant, ...given }
  await expect(call('retainRecords', asked)).rejects.toMatchObject({ code: 'invalid_input', path })
  expect(dropped).toEqual([])
})
