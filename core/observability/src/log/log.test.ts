import type { LoopStore } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { alice, keep, sealRun, storeWith, tampered, wholeStory } from '../history.fixture.ts'
import {
  checkAgainst,
  createLog,
  createMerkleTree,
  createNoteSigner,
  generateNoteSigner,
  openCheckpoint,
  type NoteSigner,
} from '../index.ts'

const tenant = 'default'
const key = generateNoteSigner('a.example/log')
const { signer } = key
const noteOf = async (store: LoopStore, by: NoteSigner, of = tenant): Promise<string> =>
  (await createLog({ store, tenant: of, signer: by }).checkpoint()).note ?? ''
const cancelled = (id: string): ReturnType<typeof sealRun> =>
  sealRun(id, [
    { type: 'loop.started', toState: 'ASKED', status: 'active' },
    { type: 'loop.cancelled', actor: alice, status: 'cancelled' },
  ])

describe('the log of a tenant', () => {
  test('has every entry once, and a head that was signed', async () => {
    const store = await storeWith(['a', 'b'])
    const head = await createLog({ store, tenant, signer }).checkpoint()

    const leaves = await store.leaves(tenant, { from: 0, limit: 100 })
    expect(leaves.map(({ runId, seq }) => `${runId} ${seq}`).toSorted()).toEqual(
      ['a', 'b'].flatMap((id) => [1, 2, 3, 4, 5].map((seq) => `run-${id} ${seq}`)),
    )
    expect(head).toMatchObject({
      size: 10,
      added: 10,
      root: createMerkleTree(leaves.map(({ leafHash }) => leafHash)).root(),
    })
    expect(openCheckpoint(head.note ?? '', [key])).toMatchObject({
      origin: 'a.example/log/default',
      size: 10,
      root: head.root,
    })
    expect((await store.logHead(tenant)).note).toBe(head.note)
  })

  test('is sequenced by many at once without a gap, a double or a second root', async () => {
    const store = await storeWith(Array.from({ length: 30 }, (_, index) => `order-${index}`))
    const notes = await Promise.all(
      Array.from({ length: 8 }, () => createLog({ store, tenant, signer }).checkpoint()),
    )

    const leaves = await store.leaves(tenant, { from: 0, limit: 1000 })
    expect(new Set(leaves.map(({ runId, seq }) => `${runId} ${seq}`)).size).toBe(150)
    expect(leaves.map(({ index }) => index)).toEqual(leaves.map((_, index) => index))
    const roots = new Map<number, string>()
    for (const { size, root } of notes) {
      expect(roots.get(size) ?? root).toBe(root)
      roots.set(size, root)
    }
  })

  test('that is brought up to date twice at once is not taken for another, however late an answer comes', async () => {
    const store = await storeWith(['a'])
    await createLog({ store, tenant }).checkpoint()
    const asked = Promise.withResolvers<void>()
    const late = Promise.withResolvers<void>()
    let heads = 0
    const slow = tampered(store, {
      logHead: async (id) => {
        const head = await store.logHead(id)
        // The first is for what may be added, the second is to be signed.
        if ((heads += 1) !== 2) return head
        asked.resolve()
        await late.promise
        return head
      },
    })
    const log = createLog({ store: slow, tenant, signer })
    const first = log.checkpoint()
    await asked.promise
    await keep(store, sealRun('b', wholeStory('run-b')))
    const second = await log.checkpoint()
    late.resolve()

    expect(second).toMatchObject({ size: 10, note: expect.any(String) })
    expect(await first).toMatchObject({ size: 10, note: second.note })
  })

  test('signs what was persisted, and signs it again after a crash in between', async () => {
    const store = await storeWith(['a'])
    const dying: NoteSigner = {
      ...signer,
      sign: () => Promise.reject(new Error('the signer died')),
    }
    await expect(createLog({ store, tenant, signer: dying }).checkpoint()).rejects.toThrow(
      'the signer died',
    )
    const persisted = await store.logHead(tenant)
    expect(persisted).toMatchObject({ size: 5, note: null })

    const head = await createLog({ store, tenant, signer }).checkpoint()
    expect(head).toMatchObject({ size: 5, root: persisted.root, added: 0 })
  })

  test('never signs a second root for a size, nor a size before the last', async () => {
    const store = await storeWith(['a', 'b'])
    let shown = store
    const log = createLog({
      store: {
        ...store,
        logHead: (id) => shown.logHead(id),
        unlogged: (id, limit) => shown.unlogged(id, limit),
      },
      tenant,
      signer,
    })
    await log.checkpoint()

    shown = tampered(store, {
      logHead: async (id) => ({ ...(await store.logHead(id)), root: '0'.repeat(64), note: null }),
    })
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'corrupt' })
    shown = await storeWith([])
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'corrupt' })
  })

  test.each([
    [
      'by the key before',
      async (store: LoopStore) => noteOf(store, generateNoteSigner(key.name).signer),
    ],
    ['by nobody', async () => 'junk'],
    ['for a smaller size', async () => noteOf(await storeWith(['a']), signer)],
    [
      'for another tenant',
      async () => noteOf(await storeWith(['a', 'b'], 'other'), signer, 'other'),
    ],
  ])('is signed though a note is kept that was signed %s', async (_, makeNote) => {
    const store = await storeWith(['a', 'b'])
    const { size, root } = await createLog({ store, tenant }).checkpoint()
    await store.signLog(tenant, { size, root }, await makeNote(store))

    const { note } = await createLog({ store, tenant, signer }).checkpoint()

    expect(openCheckpoint(note ?? '', [key])).toMatchObject({
      origin: 'a.example/log/default',
      size,
      root,
    })
    expect(await createLog({ store, tenant, signer }).checkpoint()).toMatchObject({ note })
  })

  test('is not extended by a key that was revoked', async () => {
    const store = await storeWith(['a'])
    const clock = createTestClock()
    const revoked = createNoteSigner({
      name: key.name,
      privateKey: key.privateKey,
      notAfter: clock.now(),
    })
    await expect(
      createLog({ store, tenant, signer: revoked, clock }).checkpoint(),
    ).rejects.toMatchObject({ details: { reason: 'key_not_valid' } })
    expect((await store.logHead(tenant)).note).toBeNull()
  })
})

describe('at start, a store', () => {
  async function remember(): Promise<{
    note: string
    store: Awaited<ReturnType<typeof storeWith>>
  }> {
    const store = await storeWith(['a', 'b'])
    return { store, note: (await createLog({ store, tenant, signer }).checkpoint()).note ?? '' }
  }

  test('that went on from the last checkpoint is fine', async () => {
    const { store, note } = await remember()
    await keep(store, cancelled('c'))
    await createLog({ store, tenant, signer }).checkpoint()
    expect(await checkAgainst({ store, tenant, checkpoint: { note, keys: [key] } })).toEqual({
      ok: true,
      reason: null,
      rememberedSize: 10,
      size: 12,
    })
  })

  test('that was restored from an old backup is recognised', async () => {
    const { note } = await remember()
    const backup = await storeWith(['a'])
    await createLog({ store: backup, tenant, signer }).checkpoint()
    expect(
      await checkAgainst({ store: backup, tenant, checkpoint: { note, keys: [key] } }),
    ).toMatchObject({
      ok: false,
      reason: 'shorter',
      size: 5,
    })
  })

  test('that was rewritten, and made longer than before, is recognised', async () => {
    const { note } = await remember()
    const other = await storeWith(['a', 'x', 'c'])
    await createLog({ store: other, tenant, signer }).checkpoint()
    expect(
      await checkAgainst({ store: other, tenant, checkpoint: { note, keys: [key] } }),
    ).toMatchObject({
      ok: false,
      reason: 'forked',
    })
  })

  test('is not compared with a checkpoint of another tenant or of a forger', async () => {
    const { store, note } = await remember()
    expect(
      await checkAgainst({ store, tenant: 'other', checkpoint: { note, keys: [key] } }),
    ).toMatchObject({
      ok: false,
      reason: 'other_log',
    })
    await expect(
      checkAgainst({ store, tenant, checkpoint: { note, keys: [generateNoteSigner(key.name)] } }),
    ).rejects.toMatchObject({ code: 'refused' })
  })
})
