import { hash } from 'node:crypto'

import { hashEntry, type LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { keep, sealRun, storeWith, tampered, wholeStory } from '../history.fixture.ts'
import {
  createLog,
  exportRecords,
  generateNoteSigner,
  readLines,
  signNote,
  verifyExport,
  type ExportOptions,
} from '../index.ts'
import { entryLine, sealText } from './format.ts'

const tenant = 'default'
const key = generateNoteSigner('a.example')
const { signer } = key
const linesOf = (store: LoopStore, options: Partial<ExportOptions> = {}): Promise<string[]> =>
  Array.fromAsync(exportRecords({ store, tenant, signer, includeEvidence: true, ...options }))
const verify = (lines: readonly string[], options = {}) =>
  verifyExport(lines, { keys: [key], ...options })

/** Lines of somebody without a key, under the end of an export that was signed. */
function unsealed(before: readonly string[], signed: readonly string[], counts: object): string[] {
  const digest = hash('sha256', before.map((line) => `${line}\n`).join(''))
  const end = JSON.parse(signed.at(-1) ?? '') as object
  const forged = { ...end, ...counts, lines: before.length, digest, seal: null }
  return [...before, JSON.stringify(forged)]
}

describe('an export', () => {
  test.each([false, true])('verifies without a store (deep: %s)', async (deep) => {
    const lines = await linesOf(await storeWith(['a', 'b']))
    expect(await verify(lines, { deep })).toEqual({
      ok: true,
      lines: lines.length,
      entries: 10,
      runs: 2,
      part: false,
      unlogged: 0,
      signedBy: ['a.example'],
      sealed: true,
      durationMs: expect.any(Number),
      first: null,
    })
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  })

  test('tells of no place in the log that its head does not cover', async () => {
    const store = await storeWith(['a'])
    await createLog({ store, tenant, signer }).checkpoint()
    const head = await store.logHead(tenant)
    await keep(store, sealRun('b', wholeStory('run-b')))
    await createLog({ store, tenant, signer }).checkpoint()

    const lines = await linesOf(tampered(store, { logHead: async () => head }), {
      signer: undefined,
    })

    expect(await verifyExport(lines)).toMatchObject({ ok: true, entries: 10, unlogged: 5 })
  })

  test.each([{}, { runId: 'run-a' }])(
    'of a log that lost its end is refused before its first line: %j',
    async (choice) => {
      const store = await storeWith(['a'])
      await createLog({ store, tenant, signer }).checkpoint()
      const cut = tampered(store, {
        leaves: async (id, { from, limit }) =>
          store.leaves(id, { from, limit: Math.min(limit, Math.max(0, 4 - from)) }),
      })

      await expect(linesOf(cut, choice)).rejects.toMatchObject({ code: 'corrupt' })
    },
  )

  test('stands for every entry that retention took, however many they are', async () => {
    const store = await storeWith([])
    const refused = { type: 'loop.transition.rejected', transitionId: 'pay', reason: 'x' } as const
    await keep(
      store,
      sealRun('a', [...wholeStory('run-a'), ...Array.from({ length: 2495 }, () => refused)]),
    )
    await createLog({ store, tenant, signer }).checkpoint()
    const through = 2100
    const [last] = await store.entries(tenant, 'run-a', { from: through, limit: 1 })
    const retained = tampered(store, {
      entries: async (id, runId, range = {}) =>
        (range.to ?? Infinity) <= through
          ? []
          : store.entries(id, runId, { ...range, from: Math.max(range.from ?? 1, through + 1) }),
      retention: {
        drop: async () => {
          throw new Error('Nothing more goes.')
        },
        dropped: async () => ({ through, head: last?.hash ?? '', before: 0, at: 0 }),
      },
    })

    for (const choice of [{}, { runId: 'run-a' }])
      expect(await verify(await linesOf(retained, choice))).toMatchObject({
        ok: true,
        entries: 400,
        dropped: through,
      })
  })

  /** A run of `length` entries in the log, of which retention takes all once so many pages of them were read. */
  async function retaining(length: number, pages: number): Promise<LoopStore> {
    const store = await storeWith([])
    const refused = { type: 'loop.transition.rejected', transitionId: 'pay', reason: 'x' } as const
    const story = [...wholeStory('run-a'), ...Array.from({ length: length - 5 }, () => refused)]
    const { entries, instance } = sealRun('a', story)
    await keep(store, { entries, instance })
    await createLog({ store, tenant, signer }).checkpoint()
    let read = 0
    return tampered(store, {
      entries: async (...query) => (read++ < pages ? store.entries(...query) : []),
      retention: {
        drop: () => Promise.reject(new Error('It is on its way.')),
        dropped: async () =>
          read < pages ? null : { through: length, head: instance.head, before: 0, at: 0 },
      },
    })
  }

  test('holds a run of many pages, and one that retention takes once it was read', async () => {
    for (const [length, pages] of [
      [2500, Infinity],
      [5, 1],
    ] as const)
      expect(await verify(await linesOf(await retaining(length, pages)))).toMatchObject({
        ok: true,
        entries: length,
      })
  })

  test.each([0, 1000])(
    'of a run of which %d entries are left by hand does not verify',
    async (left) => {
      const store = await retaining(2500, Infinity)
      const cut = tampered(store, {
        entries: async (...query) =>
          (await store.entries(...query)).filter(({ seq }) => seq <= left),
      })

      expect(await verify(await linesOf(cut))).toMatchObject({ ok: false })
    },
  )

  test('has leaves in place of a run that was written to, and taken by retention, since it was listed', async () => {
    const store = await retaining(6, 0)
    const { instance } = sealRun('a', wholeStory('run-a'))
    const listed = tampered(store, { find: async () => ({ items: [instance] }) })

    const lines = await linesOf(listed)

    expect(await verify(lines)).toMatchObject({ ok: true, entries: 0, dropped: 6 })
  })

  test('is refused for now where retention took what its head does not cover yet', async () => {
    const store = await retaining(5, 0)
    const behind = tampered(store, { logHead: async (id) => (await storeWith([])).logHead(id) })

    const lines = linesOf(behind, { signer: undefined })

    await expect(lines).rejects.toMatchObject({ code: 'conflict', retryable: true })
  })

  test('ends where retention takes the rest of a run, instead of being one that does not verify', async () => {
    const lines = linesOf(await retaining(2500, 1))
    await expect(lines).rejects.toMatchObject({ code: 'conflict', retryable: true })
  })

  test('of one run proves each entry against the checkpoint of all', async () => {
    const store = await storeWith(['a', 'b', 'c'])
    for (const choice of [{ runId: 'run-b' }, { aggregateId: 'b' }]) {
      const lines = await linesOf(store, choice)
      expect(await verify(lines, { deep: true })).toMatchObject({
        ok: true,
        entries: 5,
        runs: 1,
        signedBy: ['a.example'],
      })
      const without = lines.filter((line) => !line.startsWith('{"kind":"proof","leaf":7'))
      expect(await verify(without)).toMatchObject({ ok: false, first: { fault: 'bad_proof' } })
    }
    await expect(linesOf(store, { runId: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of one run is proven whatever the size of the log, and wherever the run stands in it', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const last of names.keys()) {
      const store = await storeWith(names.slice(0, last + 1))
      for (const name of names.slice(0, last + 1)) {
        const lines = await linesOf(store, { runId: `run-${name}` })
        expect(await verify(lines)).toMatchObject({ ok: true, entries: 5, unlogged: 0 })
        expect(lines.filter((line) => line.startsWith('{"kind":"proof"'))).toHaveLength(5)
      }
    }
  })

  test('holds what is not logged yet, and says how much', async () => {
    const store = await storeWith(['a'])
    await createLog({ store, tenant, signer }).checkpoint()
    await keep(store, sealRun('b', wholeStory('run-b')))
    const lines = await Array.fromAsync(exportRecords({ store, tenant }))
    expect(await verifyExport(lines)).toMatchObject({ ok: true, entries: 10, unlogged: 5 })
    expect(await verify(lines)).toMatchObject({
      ok: false,
      first: { line: lines.length, fault: 'bad_signature' },
    })
  })

  test('whose seal was taken off neither takes in a forged run nor hides that one is gone', async () => {
    const store = await storeWith(['a', 'b'])
    const lines = await linesOf(store)
    const { entries, instance } = sealRun('z', wholeStory('run-z'))
    const { runId, loopId, aggregateId, version, head } = instance
    const forged = [
      JSON.stringify({ kind: 'run', runId, loopId, aggregateId, version, head }),
      ...entries.map(({ hash, body }) => entryLine(hash, null, body)),
    ]
    const more = unsealed([...lines.slice(0, -1), ...forged], lines, { runs: 3, entries: 15 })
    expect(await verify(more, { deep: true })).toMatchObject({
      ok: false,
      first: { fault: 'bad_signature', message: 'Nobody signed for 5 entries that are in no log.' },
    })

    // Anybody who has all leaves can prove some of them.
    const less = (await linesOf(store, { runId: 'run-a' })).slice(0, -1)
    expect(await verify(unsealed(less, lines, { runs: 1, entries: 5 }))).toMatchObject({
      ok: true,
      part: true,
      sealed: false,
    })
    expect(await verify(await linesOf(store, { runId: 'run-a' }))).toMatchObject({
      part: true,
      sealed: true,
    })
  })

  test('tells of evidence that is missing, unless its erasure is on record', async () => {
    const store = await storeWith(['a'])
    const kept = await linesOf(store)
    expect(await verify(kept, { deep: true })).not.toHaveProperty('withheld')
    const without = tampered(store, {
      entries: async (...query) =>
        (await store.entries(...query)).map((entry) =>
          entry.seq === 2 ? { ...entry, evidence: null, salt: null } : entry,
        ),
    })
    expect(await verify(await linesOf(without))).toMatchObject({ ok: true, withheld: 1 })
    expect(await verify(await linesOf(store, { includeEvidence: false }))).not.toHaveProperty(
      'withheld',
    )

    const actor = { type: 'human', id: 'olga' } as const
    const erasure = { type: 'loop.evidence.erased', actor, data: { seq: 2 } } as const
    const erased = [...wholeStory('run-a'), erasure]
    const other = await storeWith([])
    await keep(other, sealRun('a', erased))
    const lines = (await linesOf(other)).filter((line, index, all) => {
      const isOfSecond = all[index - 1]?.includes('"seq":2,') === true
      return !(isOfSecond && line.startsWith('{"kind":"evidence"'))
    })
    const before = lines.slice(0, -1)
    expect(await verifyExport(unsealed(before, lines, {}))).not.toHaveProperty('withheld')
  })

  test('counts no seal of a retired key, nor one of another log, over a checkpoint that is good', async () => {
    const store = await storeWith(['a'])
    const next = generateNoteSigner('a.example')
    const other = generateNoteSigner('b.example')
    const lines = await linesOf(store, { signer: next.signer })
    const { digest } = JSON.parse(lines.at(-1) ?? '') as { digest: string }
    const keys = [{ ...key, notAfter: 2 }, next, other]
    expect(await verify(lines, { keys })).toMatchObject({ ok: true, sealed: true })
    for (const by of [signer, other.signer]) {
      const seal = await signNote(sealText(tenant, digest), [by])
      const end = JSON.parse(lines.at(-1) ?? '') as object
      const sealed = [...lines.slice(0, -1), JSON.stringify({ ...end, seal })]
      expect(await verify(sealed, { keys })).toMatchObject({
        ok: false,
        first: { fault: 'bad_signature', message: 'The seal is not of this export.' },
      })
    }
  })

  test('is not sealed by a key whose time is over, though its log was signed in time', async () => {
    const store = await storeWith(['a'])
    await createLog({ store, tenant, signer, clock: { now: () => 1 } }).checkpoint()
    const late = { signer: { ...signer, notAfter: 2 }, clock: { now: () => 2 } }
    await expect(linesOf(store, late)).rejects.toMatchObject({
      code: 'refused',
      details: { reason: 'key_not_valid' },
    })
  })

  test('leaves evidence out unless asked', async () => {
    const lines = await linesOf(await storeWith(['a']), { includeEvidence: false })
    expect(lines.join('\n')).not.toMatch(/Zoë|"amount"/)
    expect(await verify(lines, { deep: true })).toMatchObject({ ok: true })
  })

  test('what is no key is said to be none, and is no fault of the record', async () => {
    const verified = verifyExport([], { keys: [{ name: 'a.example', publicKey: 'a.example+x' }] })

    await expect(verified).rejects.toMatchObject({ code: 'invalid_config' })
  })

  test('without a checkpoint, or of another key, does not verify when keys are given', async () => {
    const store = await storeWith(['a'])
    expect(await verify(await Array.fromAsync(exportRecords({ store, tenant })))).toMatchObject({
      ok: false,
    })
    const lines = await linesOf(store)
    expect(await verify(lines, { keys: [generateNoteSigner('a.example')] })).toMatchObject({
      ok: false,
      first: { line: lines.length, fault: 'bad_signature' },
    })
    expect(await verify(lines, { keys: [{ ...key, notAfter: 1 }] })).toMatchObject({
      ok: false,
      first: { fault: 'bad_signature' },
    })
    expect(await verifyExport(lines)).toMatchObject({ ok: true, signedBy: [] })
  })
})

describe('every mutation of an export is found:', () => {
  test('any byte that is flipped', { timeout: 60_000 }, async () => {
    const file = Buffer.from(
      (await linesOf(await storeWith(['a']))).map((line) => `${line}\n`).join(''),
    )
    for (let index = 0; index < file.length - 1; index++) {
      const flipped = Buffer.from(file)
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 7))
      const report = await verifyExport(readLines([flipped]), { keys: [key] }).catch(
        (error: unknown) => error,
      )
      expect(report, `byte ${index}`).toMatchObject(
        report instanceof Error ? { code: 'invalid_input' } : { ok: false },
      )
    }
  })

  test.each([{}, { runId: 'run-a' }])(
    'any line that is dropped, doubled or moved, and any end that is cut off (%j)',
    async (choice) => {
      const lines = await linesOf(await storeWith(['a', 'b']), choice)
      for (const [index, line] of lines.entries()) {
        const before = lines.slice(0, index)
        const after = lines.slice(index + 1)
        expect(await verify([...before, ...after])).toMatchObject({ ok: false })
        expect(await verify([...before, line, line, ...after])).toMatchObject({ ok: false })
        expect(await verify(before)).toMatchObject({ ok: false })
        expect(await verify([...before, line.slice(0, -1)])).toMatchObject({ ok: false })
      }
      for (const [index, line] of lines.slice(0, -1).entries()) {
        const moved = [
          ...lines.slice(0, index),
          lines[index + 1] ?? '',
          line,
          ...lines.slice(index + 2),
        ]
        expect(await verify(moved)).toMatchObject({ ok: false })
      }
    },
  )

  test('an edited entry whose hash was made right, by its line', async () => {
    const lines = await linesOf(await storeWith(['a']))
    const at = lines.findIndex((line) => line.includes('"seq":3,'))
    const body = (/"body":(.*)\}$/.exec(lines[at] ?? '')?.[1] ?? '').replace('"alice"', '"mallory"')
    const forged = lines.with(
      at,
      `{"kind":"entry","hash":"${hashEntry(body)}","leaf":2,"body":${body}}`,
    )
    expect(await verify(forged)).toMatchObject({
      ok: false,
      first: { line: at + 2, runId: 'run-a', seq: 4, fault: 'broken_link' },
    })
  })

  test.each([
    ['key', '"aggregateId":"a"', '"aggregateId":"z"'],
    ['loop', '"loopId":"support.refund"', '"loopId":"support.other"'],
    ['tenant', '"tenant":"default"', '"tenant":"other"'],
  ])('a run that is said to be of another %s', async (_, name, other) => {
    const lines = (await linesOf(await storeWith(['a']))).map((line) =>
      /^\{"kind":"(header|run)"/.test(line) ? line.replace(name, other) : line,
    )
    expect(await verifyExport(lines)).toMatchObject({
      ok: false,
      first: { fault: 'wrong_run', runId: 'run-a', seq: 1 },
    })
  })

  test('a checkpoint of another log of the same signer', async () => {
    const other = await storeWith(['x'], 'other')
    const { note } = await createLog({ store: other, tenant: 'other', signer }).checkpoint()
    const lines = await linesOf(await storeWith(['a']))
    const end = JSON.parse(lines.at(-1) ?? '') as object
    expect(
      await verify([...lines.slice(0, -1), JSON.stringify({ ...end, checkpoint: note })]),
    ).toMatchObject({ first: { fault: 'bad_signature' } })
    expect(
      await verify([
        ...lines.slice(0, -1),
        JSON.stringify({ ...end, seal: await signNote('something else\n', [signer]) }),
      ]),
    ).toMatchObject({ first: { fault: 'bad_signature' } })
  })
})

describe('a hostile file', () => {
  const header =
    '{"kind":"header","format":"loop-engine/export/v1","tenant":"t","scope":"tenant","evidence":false}'
  test.each([
    ['nothing', []],
    ['no JSON', ['nonsense']],
    ['duplicate keys', [header.replace('"tenant"', '"kind":"header","tenant"')]],
    ['deep nesting', [header, '['.repeat(100_000)]],
    ['a prototype', [header, '{"kind":"run","__proto__":{}}']],
    ['an unknown kind', [header, '{"kind":"surprise"}']],
    [
      'an entry of no run',
      [header, `{"kind":"entry","hash":"${'0'.repeat(64)}","leaf":0,"body":{}}`],
    ],
    [
      'an immense leaf',
      [
        header,
        `{"kind":"run","runId":"r","loopId":"l","aggregateId":"a","version":1,"head":"${'0'.repeat(64)}"}`,
        `{"kind":"entry","hash":"${hashEntry('{}')}","leaf":9007199254740991,"body":{}}`,
      ],
    ],
    [
      'a definition that is no JSON',
      [header, `{"kind":"definition","digest":"${'0'.repeat(64)}","text":}`],
    ],
    ['a lone surrogate', [header, '\ud800']],
    [
      'an immense size',
      [
        header,
        `{"kind":"end","lines":1,"runs":0,"entries":0,"digest":"${'0'.repeat(64)}","size":9007199254740991,"root":"${'0'.repeat(64)}","checkpoint":null,"seal":null}`,
      ],
    ],
  ])('with %s is reported by its line, not thrown', async (_, lines) => {
    expect(await verifyExport(lines)).toMatchObject({
      ok: false,
      first: { line: lines.length, message: expect.any(String) },
    })
  })

  test('with an immense line is refused before it is held', async () => {
    function* endless(): Generator<string> {
      for (;;) yield 'x'.repeat(100_000)
    }
    await expect(Array.fromAsync(readLines(endless()))).rejects.toMatchObject({ code: 'too_large' })
    expect(await verifyExport(['x'.repeat(100)], { maxLineLength: 10 })).toMatchObject({
      first: { cause: { code: 'too_large' } },
    })
  })

  test('is cut into lines wherever its chunks end', async () => {
    const bytes = Buffer.from('añ\n\n日本\nend')
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await Array.fromAsync(readLines(chunks))).toEqual(['añ', '', '日本', 'end'])
    await expect(Array.fromAsync(readLines([Uint8Array.of(0xff)]))).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})
