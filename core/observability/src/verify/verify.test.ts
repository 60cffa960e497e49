import {
  canonicalize,
  digestOf,
  hashEntry,
  LoopError,
  saltedDigest,
  type EntryDraft,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import {
  agent,
  alice,
  keep,
  refund,
  refundDigest,
  sealRun,
  storeWith,
  tampered,
  wholeStory,
} from '../history.fixture.ts'
import { createLog, generateNoteSigner, verifyStore, type VerifyReport } from '../index.ts'
import { verifyRun } from './verify-run.ts'

const tenant = 'default'
const key = generateNoteSigner('a.example')
const withEntries = (
  store: LoopStore,
  change: (entries: readonly StoredEntry[]) => readonly StoredEntry[],
): LoopStore =>
  tampered(store, {
    entries: async (id, runId, range) => {
      const all = await store.entries(id, runId, { limit: 10_000 })
      const { from = 1, to = Infinity, limit = 1000 } = range ?? {}
      return (runId === 'run-b' ? change(all) : all)
        .filter((_, index) => index + 1 >= from && index + 1 <= to)
        .slice(0, limit)
    },
  })
const replace =
  (seq: number, change: (entry: StoredEntry) => Partial<StoredEntry>) =>
  (entries: readonly StoredEntry[]): readonly StoredEntry[] =>
    entries.map((entry) => (entry.seq === seq ? { ...entry, ...change(entry) } : entry))
const swap = (entries: readonly StoredEntry[], a: number, b: number): readonly StoredEntry[] =>
  entries.map((entry, index) => entries[index === a ? b : index === b ? a : index] ?? entry)

/** Rewrites a run from an entry on, with every hash and link made right again: what only deep verification can find. */
function rewritten(
  entries: readonly StoredEntry[],
  seq: number,
  change: (body: string) => string,
): readonly StoredEntry[] {
  let head = '0'.repeat(64)
  return entries.map((entry) => {
    const linked = entry.body.replace(/"prevHash":"[0-9a-f]{64}"/, `"prevHash":"${head}"`)
    const body = entry.seq === seq ? change(linked) : linked
    head = hashEntry(body)
    return { ...entry, body, hash: head }
  })
}

describe('verification of a run of many pages', () => {
  const [start, ...rest] = wholeStory('run-b')
  const blocked = { ...rest[0], type: 'loop.transition.blocked' as const, approval: undefined }
  const long = sealRun('b', [
    ...(start ? [start] : []),
    ...Array.from({ length: 6000 }, (_, index) => ({ ...blocked, evidenceValue: { index } })),
  ])
  const longStore = async (): Promise<LoopStore> => {
    const store = await storeWith(['a'])
    await keep(store, long)
    return store
  }

  test('finds nothing wrong where nothing is', async () => {
    expect(await verifyStore({ store: await longStore(), tenant })).toMatchObject({
      ok: true,
      entries: 6006,
    })
  })

  test.each([1, 1000, 1001, 2500, 6001])('names entry %i after an edit', async (seq) => {
    const edited = withEntries(
      await longStore(),
      replace(seq, ({ body }) => ({
        body: body.replace('"durability":"memory"', '"durability":"power"'),
      })),
    )
    expect((await verifyStore({ store: edited, tenant })).first).toMatchObject({
      runId: 'run-b',
      seq,
      fault: 'hash_mismatch',
    })
  })

  test('names the entry whose evidence was edited, dropped or swapped', async () => {
    const store = await longStore()
    const edited = withEntries(
      store,
      replace(3333, () => ({ evidence: '{"index":1}' })),
    )
    const dropped = withEntries(store, (entries) => entries.filter(({ seq }) => seq !== 4444))
    const swapped = withEntries(store, (entries) => swap(entries, 5000, 5001))

    expect((await verifyStore({ store: edited, tenant })).first).toMatchObject({
      seq: 3333,
      fault: 'evidence_mismatch',
    })
    expect((await verifyStore({ store: dropped, tenant })).first).toMatchObject({
      seq: 4445,
      fault: 'bad_sequence',
    })
    expect((await verifyStore({ store: swapped, tenant })).first).toMatchObject({
      seq: 5002,
      fault: 'bad_sequence',
    })
  })
})

describe('verification', () => {
  test.each([false, true])(
    'finds nothing wrong with what the engine wrote (deep: %s)',
    async (deep) => {
      const store = await storeWith(['a', 'b', 'c'])
      const seen: number[] = []
      const report = await verifyStore({
        store,
        tenant,
        deep,
        onProgress: ({ entries }) => seen.push(entries),
      })
      expect(report).toEqual({
        ok: true,
        entries: 15,
        runs: 3,
        durationMs: expect.any(Number),
        first: null,
        faults: [],
      })
      expect(seen).toEqual([5, 10, 15])
    },
  )

  test.each<
    [
      string,
      (entries: readonly StoredEntry[]) => readonly StoredEntry[],
      Partial<VerifyReport['first']>,
    ]
  >([
    [
      'an edited body',
      replace(3, ({ body }) => ({ body: body.replace('alice', 'mallo') })),
      { seq: 3, fault: 'hash_mismatch' },
    ],
    [
      'an edited body with a hash to match',
      replace(3, ({ body }) => ({
        body: body.replace('alice', 'mallo'),
        hash: hashEntry(body.replace('alice', 'mallo')),
      })),
      { seq: 4, fault: 'broken_link' },
    ],
    [
      'a deleted entry',
      (entries) => entries.filter(({ seq }) => seq !== 2),
      { seq: 3, fault: 'bad_sequence' },
    ],
    [
      'a repeated entry',
      (entries) => [...entries.slice(0, 2), ...entries.slice(1)],
      { seq: 2, fault: 'bad_sequence' },
    ],
    ['swapped entries', (entries) => swap(entries, 1, 2), { seq: 3, fault: 'bad_sequence' }],
    [
      'swapped bodies',
      (entries) => swap(entries, 1, 2).map((entry, index) => ({ ...entry, seq: index + 1 })),
      { seq: 2, fault: 'broken_link' },
    ],
    ['a cut end', (entries) => entries.slice(0, 4), { seq: 4, fault: 'truncated' }],
    [
      'edited evidence',
      replace(2, ({ evidence }) => ({ evidence: (evidence ?? '').replace('250', '999') })),
      { seq: 2, fault: 'evidence_mismatch' },
    ],
    [
      'an edited column',
      replace(4, () => ({ type: 'loop.transition.blocked' })),
      { seq: 4, fault: 'hash_mismatch' },
    ],
    ['an edited time', replace(4, () => ({ at: 1 })), { seq: 4, fault: 'hash_mismatch' }],
    [
      'an edited transition',
      replace(4, () => ({ transitionId: null })),
      { seq: 4, fault: 'hash_mismatch' },
    ],
    [
      'an entry of another run',
      replace(1, () => ({ runId: 'run-a' })),
      { seq: 1, fault: 'wrong_run' },
    ],
  ])('names the first bad entry after %s', async (_, change, first) => {
    const store = withEntries(await storeWith(['a', 'b', 'c']), change)
    expect(await verifyStore({ store, tenant })).toMatchObject({
      ok: false,
      first: { runId: 'run-b', ...first },
    })
    expect(await verifyStore({ store, tenant, deep: true })).toMatchObject({
      ok: false,
      first: { runId: 'run-b', ...first },
    })
  })

  test('is not taken in by data that looks like the digest of evidence, or like a time', async () => {
    const [start, ...rest] = wholeStory('run-a')
    const text = '{"amount":999}'
    const digest = saltedDigest('salt', text)
    const metadata = { about: 1, at: 5, evidence: { bytes: text.length, digest }, z: 1 }
    const changes: Partial<StoredEntry>[] = [{ evidence: text, salt: 'salt' }, { at: 5 }]
    for (const evidenceValue of [undefined, { amount: 1 }]) {
      const prepared = { ...start, data: { version: '1.0.0', metadata }, evidenceValue }
      const { instance, entries } = sealRun('a', [prepared as typeof start & object, ...rest])
      expect(await verifyRun([entries], { instance })).toMatchObject({ faults: [] })
      for (const change of changes) {
        const swapped = entries.map((entry) => (entry.seq === 1 ? { ...entry, ...change } : entry))
        const { faults } = await verifyRun([swapped], { instance })
        expect(faults[0]).toMatchObject({ seq: 1 })
      }
    }
  })

  test.each<[string, Partial<LoopInstance>]>([
    ['state', { currentState: 'ASKED' }],
    ['status', { status: 'active' }],
    ['head', { head: '0'.repeat(64) }],
    ['state version', { stateVersion: 2 }],
    ['count of transitions', { transitions: 0 }],
    ['count of open approvals', { openApprovals: 1 }],
    ['time', { updatedAt: 1 }],
    ['definition', { definition: { version: '1.0.0', digest: digestOf('another') } }],
  ])('finds a run whose %s was edited by hand', async (_, change) => {
    const store = await storeWith(['a', 'b'])
    const edited = tampered(store, {
      find: async (query) => ({
        items: (await store.find(query)).items.map((run) => ({ ...run, ...change })),
      }),
    })
    expect(await verifyStore({ store: edited, tenant })).toMatchObject({
      ok: false,
      first: { runId: 'run-a', fault: 'fold_mismatch' },
    })
  })

  test.each<[string, Partial<LoopInstance>]>([
    ['key', { aggregateId: 'z' }],
    ['loop', { loopId: 'support.other' }],
    ['tenant', { tenant: 'other' }],
  ])('finds a run that was moved to another %s', async (_, names) => {
    const store = await storeWith(['a', 'b'])
    const moved = tampered(store, {
      find: async (query) => ({
        items: (await store.find({ ...query, tenant })).items.map((run) => ({ ...run, ...names })),
      }),
      entries: (__, runId, range) => store.entries(tenant, runId, range),
    })
    expect(await verifyStore({ store: moved, tenant: names.tenant ?? tenant })).toMatchObject({
      ok: false,
      first: { runId: 'run-a', seq: 1, fault: 'wrong_run' },
    })
  })

  test('finds metadata that was edited by hand when it goes deep', async () => {
    const store = await storeWith(['a'])
    const edited = tampered(store, {
      find: async (query) => ({
        items: (await store.find(query)).items.map((run) => ({
          ...run,
          metadata: { channel: 'phone' },
        })),
      }),
    })
    expect(await verifyStore({ store: edited, tenant })).toMatchObject({ ok: true })
    expect(await verifyStore({ store: edited, tenant, deep: true })).toMatchObject({
      first: { fault: 'fold_mismatch' },
    })
  })

  test.each([6, 9])('finds an entry %i after the head of its run, which is 5', async (seq) => {
    const whole = await storeWith(['a', 'b'])
    const [first] = await whole.entries(tenant, 'run-b')
    if (!first) throw new Error('The run has entries.')
    const store = tampered(whole, {
      entries: async (id, runId, range = {}) => {
        const { from = 1, to = Infinity } = range
        const isAsked = runId === 'run-b' && from <= seq && seq <= to
        return [...(await whole.entries(id, runId, range)), ...(isAsked ? [{ ...first, seq }] : [])]
      },
    })

    expect(await verifyStore({ store, tenant })).toMatchObject({
      ok: false,
      first: { runId: 'run-b', seq, fault: 'fold_mismatch' },
    })
  })

  test('asks a store but once for the entries of a short run', async () => {
    const whole = await storeWith(['a', 'b'])
    let asked = 0
    const store = tampered(whole, {
      entries: async (...of) => {
        asked += 1
        return whole.entries(...of)
      },
    })

    expect(await verifyStore({ store, tenant })).toMatchObject({ ok: true, runs: 2 })
    expect(asked).toBe(2)
  })

  test('finds a run that was deleted as a whole, once it was logged', async () => {
    const store = await storeWith(['a', 'b'])
    const { note } = await createLog({ store, tenant, signer: key.signer }).checkpoint()
    const thinned = tampered(store, {
      find: async (query) => ({ items: (await store.find(query)).items.slice(0, 1) }),
      entries: async (id, runId, range) =>
        runId === 'run-b' ? [] : store.entries(id, runId, range),
    })
    expect(await verifyStore({ store: thinned, tenant })).toMatchObject({
      ok: false,
      first: { fault: 'truncated' },
    })
    expect((await verifyStore({ store: thinned, tenant, deep: true })).faults).toContainEqual(
      expect.objectContaining({ runId: 'run-b', seq: 1, fault: 'truncated' }),
    )

    const restored = await storeWith(['a'])
    const checkpoint = { note: note ?? '', keys: [key] }
    expect(await verifyStore({ store: restored, tenant, checkpoint })).toMatchObject({
      ok: false,
      first: { fault: 'truncated' },
    })
    expect(await verifyStore({ store, tenant, checkpoint })).toMatchObject({ ok: true })
  })

  test('accepts evidence that was erased on record, and misses evidence that just went', async () => {
    const steps = [
      ...wholeStory('run-a'),
      { type: 'loop.evidence.erased', actor: alice, data: { seq: 2 } } as const,
    ]
    const { instance, entries } = sealRun('a', steps)
    const without = (...seqs: number[]): StoredEntry[] =>
      entries.map((entry) =>
        seqs.includes(entry.seq) ? { ...entry, evidence: null, salt: null } : entry,
      )
    const definitions = (): typeof refund => refund
    expect(await verifyRun([without(2)], { instance, definitions })).toMatchObject({ faults: [] })
    expect(await verifyRun([without(2, 4)], { instance, definitions })).toMatchObject({
      faults: [{ seq: 4, fault: 'evidence_mismatch' }],
    })
  })
})

describe('deep verification', () => {
  test('does not miss evidence that is erased on record while the run is read', async () => {
    const before = wholeStory('run-a')
    const erasure = { type: 'loop.evidence.erased', actor: alice, data: { seq: 2 } } as const
    const store = await storeWith([])
    await keep(store, sealRun('a', [...before, erasure]))
    const erasing = tampered(store, {
      find: async () => ({ items: [sealRun('a', before).instance] }),
      entries: async (...query) =>
        (await store.entries(...query)).map((entry) =>
          entry.seq === 2 ? { ...entry, evidence: null, salt: null } : entry,
        ),
    })
    expect(await verifyStore({ store: erasing, tenant, deep: true })).toMatchObject({
      ok: true,
      entries: 6,
    })
  })

  test('does not miss evidence of which more is erased each time that the run is read', async () => {
    const erased = [2, 4]
    const steps = erased.map((seq) => {
      return { type: 'loop.evidence.erased', actor: alice, data: { seq } } as const
    })
    const storyAfter = (erasures: number): ReturnType<typeof sealRun> =>
      sealRun('a', [...wholeStory('run-a'), ...steps.slice(0, erasures)])
    const store = await storeWith([])
    await keep(store, storyAfter(2))
    let reads = 0
    const erasing = tampered(store, {
      find: async () => ({ items: [storyAfter(0).instance] }),
      getRun: async () => storyAfter(reads).instance,
      entries: async (...query) => {
        reads += 1
        const gone = erased.slice(0, reads)
        return (await store.entries(...query)).map((entry) =>
          gone.includes(entry.seq) ? { ...entry, evidence: null, salt: null } : entry,
        )
      },
    })

    expect((await verifyStore({ store: erasing, tenant, deep: true })).faults).toEqual([])
  })

  test.each<[string, number[], (run: LoopInstance) => LoopInstance]>([
    ['evidence that just went', [2, 4], (run) => run],
    ['metadata that was edited', [], (run) => ({ ...run, metadata: { channel: 'phone' } })],
  ])('reads %s once more, however long the run moves on', async (_, gone, edited) => {
    const erasure = { type: 'loop.evidence.erased', actor: alice, data: { seq: 1 } } as const
    const evidenceValue = { note: 'rude' }
    const story = wholeStory('run-a', (step) => ({ evidenceValue, ...step }))
    const storyAfter = (erasures: number): ReturnType<typeof sealRun> =>
      sealRun('a', [...story, ...Array.from({ length: erasures }, () => erasure)])
    const store = await storeWith([])
    await keep(store, storyAfter(9))
    let moves = 1
    const moving = tampered(store, {
      find: async () => ({ items: [edited(storyAfter(1).instance)] }),
      getRun: async () => (++moves < 9 ? edited(storyAfter(moves).instance) : null),
      entries: async (...query) =>
        (await store.entries(...query)).map((entry) =>
          [1, ...gone].includes(entry.seq) ? { ...entry, evidence: null, salt: null } : entry,
        ),
    })

    expect((await verifyStore({ store: moving, tenant, deep: true })).ok).toBe(false)
    expect(moves).toBe(2)
  })

  test.each<[string, number, (body: string) => string, string]>([
    ['a space', 4, (body) => body.replace('"at":', '"at": '), 'hash_mismatch'],
    [
      'guards that are none',
      4,
      (body) => body.replace(/"guards":\[[^\]]*\]/, '"guards":7'),
      'not_canonical',
    ],
    [
      'an approval of no action',
      3,
      (body) => body.replace(/"actionDigest":"[0-9a-f]+",/, ''),
      'illegal',
    ],
    [
      'a duplicate key',
      3,
      (body) => body.replace('"assurance":', '"assurance":{"method":"x"},"assurance":'),
      'not_canonical',
    ],
    [
      'a state that the definition does not lead to',
      4,
      (body) => body.replace('"toState":"PAYING"', '"toState":"PAID"'),
      'illegal',
    ],
    [
      'a transition of somebody else',
      4,
      (body) => body.replace('"type":"ai-agent"', '"type":"system"'),
      'illegal',
    ],
    [
      'a guard that did not pass',
      4,
      (body) => body.replace('"passed":true', '"passed":false'),
      'illegal',
    ],
    [
      'an execution without its approval',
      4,
      (body) => body.replace(/"approval":\{[^}]*\},/, ''),
      'illegal',
    ],
    [
      'another action than was approved',
      4,
      (body) => body.replace(digestOf('what is paid'), digestOf('something else')),
      'illegal',
    ],
    [
      'a reviewer who did not approve',
      4,
      (body) => body.replace('"reviewers":["alice"]', '"reviewers":["bob"]'),
      'illegal',
    ],
    [
      'an approval by the person the agent works for',
      3,
      (body) => body.replace('"id":"alice"', '"id":"user:Olga"'),
      'illegal',
    ],
    [
      'an approval by a machine',
      3,
      (body) => body.replace('"type":"human"', '"type":"system"'),
      'illegal',
    ],
    [
      'an expired approval',
      2,
      (body) => body.replace(/"expiresAt":\d+/, '"expiresAt":1'),
      'illegal',
    ],
    [
      'another definition',
      4,
      (body) => body.replace(refundDigest, digestOf('unknown')),
      'missing_definition',
    ],
    [
      'a start elsewhere',
      1,
      (body) => body.replace('"toState":"ASKED"', '"toState":"PAYING"'),
      'illegal',
    ],
  ])('finds %s though every hash is right', async (_, seq, change, fault) => {
    const { instance, entries } = sealRun('a', wholeStory('run-a'))
    const forged = rewritten(entries, seq, change)
    expect(forged).not.toEqual(entries)
    const { faults } = await verifyRun([forged], {
      instance,
      definitions: (digest) => (digest === refundDigest ? refund : null),
    })
    expect(faults[0]).toMatchObject({ fault })
  })

  test.each<[string, Partial<EntryDraft>]>([
    ['action', { actionDigest: digestOf('something else') }],
    ['view', { approval: { id: 'run-a:2', revision: 1, viewHash: digestOf('a lie') } }],
  ])('finds that people approved another %s than was asked for', async (_, forged) => {
    const { instance, entries } = sealRun(
      'a',
      wholeStory('run-a', ({ approval, ...step }, index) => {
        const other = { ...approval, ...forged.approval }
        return index === 2 || index === 3
          ? { ...step, ...forged, approval: other as NonNullable<EntryDraft['approval']> }
          : { ...step, ...(approval && { approval }) }
      }),
    )
    const { faults } = await verifyRun([entries], { instance, definitions: () => refund })
    expect(faults[0]).toMatchObject({ seq: 3, fault: 'illegal' })
  })

  test('accepts nothing after the end of a run, and no time before the last', async () => {
    const definitions = (): typeof refund => refund
    const after = sealRun('a', [
      ...wholeStory('run-a'),
      {
        type: 'loop.transition.executed',
        actor: alice,
        transitionId: 'decline',
        fromState: 'PAID',
        toState: 'DECLINED',
        status: 'completed',
      },
    ])
    const late = await verifyRun([after.entries], { instance: after.instance, definitions })
    expect(late.faults[0]).toMatchObject({ seq: 6, fault: 'illegal' })
    const back = sealRun(
      'a',
      wholeStory('run-a', (step, index) => (index === 2 ? { ...step, at: 1 } : step)),
    )
    const early = await verifyRun([back.entries], { instance: back.instance, definitions })
    expect(early.faults[0]).toMatchObject({ seq: 3, fault: 'time_went_back' })
  })

  test('accepts one use of an approval, and one spending of a receipt', async () => {
    const store = await storeWith([])
    const first = sealRun('a', wholeStory('run-a'))
    const receipt = first.entries[3]?.hash ?? ''
    const effect = (id: string) =>
      ({
        type: 'loop.effect.started',
        actor: agent,
        receipt,
        effect: {
          id,
          integration: 'bank',
          action: 'pay',
          semantics: 'idempotent',
          inputDigest: digestOf(''),
        },
      }) as const
    await keep(store, sealRun('a', [...wholeStory('run-a'), effect('1'), effect('1')]))
    expect(await verifyStore({ store, tenant, deep: true })).toMatchObject({ ok: true })
    const twice = sealRun('a', [...wholeStory('run-a'), effect('1'), effect('2')])
    const { instance, entries } = twice
    const { faults } = await verifyRun([entries], { instance, definitions: () => refund })
    expect(faults[0]).toMatchObject({ seq: 7, fault: 'illegal' })
  })

  test('accuses no entry while a store is away', async () => {
    const away = new LoopError('unavailable', 'The store is away.', { retryable: true })
    const store = tampered(await storeWith(['a']), { definition: () => Promise.reject(away) })

    await expect(verifyStore({ store, tenant, deep: true })).rejects.toBe(away)
  })

  test('does not trust a definition that is not what its digest says', async () => {
    const store = await storeWith(['a'])
    const swapped = tampered(store, {
      definition: async () => canonicalize({ ...refund, name: 'Other' }),
    })
    expect(await verifyStore({ store: swapped, tenant, deep: true })).toMatchObject({
      first: { seq: 1, fault: 'missing_definition' },
    })
  })
})
