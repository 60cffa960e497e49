import type { LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { keep, sealRun, storeWith, tampered, wholeStory } from '../history.fixture.ts'
import { createLog, generateNoteSigner, verifyStore, type VerifyStoreOptions } from '../index.ts'
import { createFrontier } from '../log/merkle.ts'

const tenant = 'default'
const key = generateNoteSigner('a.example')

/** Three refunds that were signed, and one since. */
async function signedStore(): Promise<{
  store: LoopStore
  checkpoint: NonNullable<VerifyStoreOptions['checkpoint']>
}> {
  const store = await storeWith(['a', 'b', 'c'])
  const { note } = await createLog({ store, tenant, signer: key.signer }).checkpoint()
  await keep(store, sealRun('d', wholeStory('run-d')))
  return { store, checkpoint: { note: note ?? '', keys: [key] } }
}

/** The store without the row of one run, whose entries are there. */
const hiding = (store: LoopStore, hidden: string): LoopStore =>
  tampered(store, {
    find: async (query) => ({
      items: (await store.find(query)).items.filter(({ runId }) => runId !== hidden),
    }),
    getRun: async (id, runId) => (runId === hidden ? null : store.getRun(id, runId)),
  })

describe('against a checkpoint', () => {
  test('a run that was rewritten with hashes to match is found, though its leaves are as they were', async () => {
    const { store, checkpoint } = await signedStore()
    const forged = sealRun(
      'b',
      wholeStory('run-b', (step) =>
        step.type === 'loop.transition.executed'
          ? { ...step, evidenceValue: { amount: 9, to: 'Mallory' } }
          : step,
      ),
    )
    const rewritten = tampered(store, {
      find: async (query) => ({
        items: (await store.find(query)).items.map((run) =>
          run.runId === 'run-b' ? forged.instance : run,
        ),
      }),
      getRun: async (id, runId) => (runId === 'run-b' ? forged.instance : store.getRun(id, runId)),
      entries: async (id, runId, range = {}) => {
        const { from = 1, to = Infinity } = range
        return runId === 'run-b'
          ? forged.entries.filter(({ seq }) => seq >= from && seq <= to)
          : store.entries(id, runId, range)
      },
    })

    // Nothing but the log remembers what it was.
    expect(await verifyStore({ store: rewritten, tenant })).toMatchObject({ ok: true })
    expect(await verifyStore({ store: rewritten, tenant, checkpoint })).toMatchObject({
      ok: false,
      first: { runId: 'run-b', seq: 4, fault: 'hash_mismatch' },
    })
    expect(await verifyStore({ store, tenant, checkpoint })).toMatchObject({ ok: true })
  })

  test('a run that was hidden before it was logged is found', async () => {
    const { store, checkpoint } = await signedStore()
    const hidden = hiding(store, 'run-d')

    for (const how of [{ checkpoint }, { deep: true }])
      expect(await verifyStore({ store: hidden, tenant, ...how })).toMatchObject({
        ok: false,
        first: { runId: 'run-d', fault: 'truncated' },
      })
  })

  test('a run that was hidden is found, though its entries are there and others came since', async () => {
    const { store, checkpoint } = await signedStore()
    const hidden = hiding(store, 'run-b')

    for (const how of [{ checkpoint }, { deep: true }])
      expect(await verifyStore({ store: hidden, tenant, ...how })).toMatchObject({
        ok: false,
        first: { runId: 'run-b', seq: 1, fault: 'truncated' },
      })
  })

  test('a run that began after the runs were listed is nothing to report', async () => {
    const { store, checkpoint } = await signedStore()
    const listed = await store.find({ tenant })
    await keep(store, sealRun('e', wholeStory('run-e')))
    await createLog({ store, tenant, signer: key.signer }).checkpoint()
    const late = tampered(store, { find: async () => listed })

    // That the log has more than was found is another finding.
    const { faults } = await verifyStore({ store: late, tenant, checkpoint })
    expect(faults).not.toContainEqual(expect.objectContaining({ runId: 'run-e' }))
  })
})

describe('deep verification of the log', () => {
  test('finds entries that are kept out of it', async () => {
    const { store } = await signedStore()
    const withheld = tampered(store, { unlogged: async () => [] })

    expect(await createLog({ store: withheld, tenant }).checkpoint()).toMatchObject({ added: 0 })
    expect(await verifyStore({ store: withheld, tenant, deep: true })).toMatchObject({
      ok: false,
      faults: [{ fault: 'truncated', message: '5 entries are in no log, and do not wait for it.' }],
    })
  })

  test.each([
    ['come before', 1, 5],
    ['come too early', 5, 4],
  ])('finds an entry in it twice that has %s, where another should be', async (_, seq, place) => {
    const store = await storeWith(['a'])
    await createLog({ store, tenant }).checkpoint()
    const all = await store.leaves(tenant, { from: 0, limit: 5 })
    const leaves = all.map((leaf, index) =>
      index === place - 1 ? { ...leaf, ...all[seq - 1], index } : leaf,
    )
    const forged = createFrontier()
    for (const { leafHash } of leaves) forged.append(leafHash)
    const head = { root: forged.root(), frontier: forged.hashes() }
    const doubled = tampered(store, {
      leaves: async (_, { from, limit }) => leaves.slice(from, from + limit),
      logHead: async (id) => ({ ...(await store.logHead(id)), ...head }),
    })
    expect(await verifyStore({ store: doubled, tenant, deep: true })).toMatchObject({
      ok: false,
      faults: [{ runId: 'run-a', seq, message: 'The log has the entry twice.' }],
    })
  })

  test('finds subtrees with which it cannot go on', async () => {
    const { store } = await signedStore()
    for (const hash of ['x', 'ab'.repeat(32)]) {
      const stuck = tampered(store, {
        async logHead(id) {
          const head = await store.logHead(id)
          return { ...head, frontier: head.frontier.map(() => hash) }
        },
      })
      expect(await verifyStore({ store: stuck, tenant, deep: true })).toMatchObject({
        ok: false,
        faults: [{ runId: '', fault: 'truncated' }],
      })
    }
  })

  test('finds leaves behind its end, and a log whose head is gone', async () => {
    const { store } = await signedStore()
    await createLog({ store, tenant }).checkpoint()
    const leaf = { index: 99, runId: 'run-d', seq: 3, leafHash: 'x' }
    const beyond = tampered(store, {
      leaves: async (id, range) => {
        const found = await store.leaves(id, range)
        return found.length < range.limit ? [...found, leaf] : found
      },
    })
    const headless = tampered(store, { logHead: (id) => storeWith([]).then((s) => s.logHead(id)) })

    for (const damaged of [beyond, headless])
      expect(await verifyStore({ store: damaged, tenant, deep: true })).toMatchObject({
        ok: false,
        first: { fault: 'truncated' },
      })
  })

  test('says nothing against retention that takes a run after its entries were read', async () => {
    const { store } = await signedStore()
    const [last] = await store.entries(tenant, 'run-b', { from: 5 })
    let isGone = false
    const retaining = tampered(store, {
      leaves: async (id, range) => {
        isGone = true
        return store.leaves(id, range)
      },
      entries: async (id, runId, range) =>
        isGone && runId === 'run-b' ? [] : store.entries(id, runId, range),
      retention: {
        drop: () => Promise.reject(new Error('It is on its way.')),
        dropped: async (_, runId) =>
          isGone && runId === 'run-b'
            ? { through: 5, head: last?.hash ?? '', before: 0, at: 0 }
            : null,
      },
    })

    expect((await verifyStore({ store: retaining, tenant, deep: true })).faults).toEqual([])
  })

  test.each([
    ['missing', 'A leaf of the log is missing.'],
    ['no hash', 'A leaf of the log is no hash.'],
  ])('reports a leaf that is %s beside all else, and does not stop', async (what, message) => {
    const { store, checkpoint } = await signedStore()
    const damaged = tampered(store, {
      leaves: async (id, range) => {
        const found = await store.leaves(id, range)
        return what === 'missing'
          ? found.filter(({ index }) => index !== 3)
          : found.map((leaf) => (leaf.index === 3 ? { ...leaf, leafHash: 'zz' } : leaf))
      },
    })

    for (const how of [{ checkpoint }, { deep: true }])
      expect(await verifyStore({ store: damaged, tenant, ...how })).toMatchObject({
        ok: false,
        first: { fault: 'truncated', message },
      })
  })
})
