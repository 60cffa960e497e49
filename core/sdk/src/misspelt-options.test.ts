import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defaultLimits, LoopBuilder } from './index.ts'

const loop = LoopBuilder.create('job')
  .state('OPEN')
  .state('DONE', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['ai-agent'] })
  .build()
const store = createMemoryStore()

/** As JavaScript calls it. */
async function made(given: unknown): Promise<unknown> {
  return createLoopSystem(given as Parameters<typeof createLoopSystem>[0])
}

test.each([
  ['no options', undefined, ''],
  ['no loops', {}, '/loops'],
  ['one loop for a list', { loops: loop }, '/loops'],
  ['a misspelt redaction', { redactoin: { paths: ['/card'] } }, '/redactoin'],
  ['a redaction of another key', { redaction: { path: ['/card'] } }, '/redaction/path'],
  ['a path without a slash', { redaction: { paths: ['card'] } }, '/redaction/paths'],
  ['a pattern as text', { redaction: { patterns: ['sk_live_'] } }, '/redaction/patterns'],
  ['an unknown mode', { identity: { mode: 'verfied' } }, '/identity/mode'],
  ['a mode alone', { identity: 'verified' }, '/identity'],
  ['a directory that is a table', { identity: { directory: {} } }, '/identity/directory'],
  ['an age of those whom nobody verifies', { identity: { maxAgeMs: 1000 } }, '/identity/maxAgeMs'],
  ['no age', { identity: { mode: 'verified', maxAgeMs: 0 } }, '/identity/maxAgeMs'],
  [
    'attribution by text',
    { identity: { requireAttribution: 'no' } },
    '/identity/requireAttribution',
  ],
  ['an authority by name', { identity: { authority: 'me' } }, '/identity/authority'],
  ['a store that is awaited for', { store: Promise.resolve(store) }, '/store/open'],
  ['a store that cannot claim', { store: { ...store, claim: undefined } }, '/store/claim'],
  ['a channel without a contract', { channels: [{ notify() {} }] }, '/channels/0/contract'],
  ['a function for a sink', { sinks: [() => {}] }, '/sinks/0'],
  ['no integration', { integrations: [undefined] }, '/integrations/0'],
  [
    'an action that cannot run',
    { integrations: [{ contract: 'integration/v1', name: 'x', actions: { pay: {} } }] },
    '/integrations/0/actions/pay/run',
  ],
  ['a guard that cannot judge', { guards: [{ contract: 'guard/v1', id: 'x' }] }, '/guards/0'],
  [
    'a guard that needs what nobody reads',
    { guards: [{ contract: 'guard/v1', id: 'x', evaluate() {}, needs: ['aprovals'] }] },
    '/guards/0/needs',
  ],
  ['a clock of parts', { clock: { now: (): number => 0.5, async sleep() {} } }, '/clock/now'],
  ['a clock of dates', { clock: { now: (): Date => new Date(0), async sleep() {} } }, '/clock/now'],
  ['half a clock', { clock: { now: (): number => 0 } }, '/clock/sleep'],
  ['text for a switch', { relay: 'false' }, '/relay'],
])('%s is refused before anything is opened', async (_, given, path) => {
  const options = given && path !== '/loops' ? { loops: [loop], ...given } : given
  await expect(made(options)).rejects.toMatchObject({ code: 'invalid_config', path })
})

test.each([
  ['evidenceByte', 4096],
  ['maxEvidenceBytes', Number.NaN],
  ['guardTimeoutMs', '2s'],
  ['effectTimeoutMs', Infinity],
  ['concurrency', 0],
  ['keyTtlMs', -1],
  ['pollMs', 0.5],
  ['backoffMs', 100],
])('a limit %s of %s limits nothing, and is refused', async (key, value) => {
  await expect(made({ loops: [loop], limits: { [key]: value } })).rejects.toMatchObject({
    code: 'invalid_config',
    path: `/limits/${key}`,
  })
})

test('a limit without a value is the default', async () => {
  const evidence = { note: 'x'.repeat(defaultLimits.maxEvidenceBytes + 1) }
  const { engine } = await createLoopSystem({
    loops: [loop],
    limits: { maxEvidenceBytes: undefined, guardTimeoutMs: undefined },
  })
  const actor = { type: 'ai-agent', id: 'agent:jobs' } as const
  const asked = engine.start({ loopId: 'job', aggregateId: 'job-1', actor, evidence })
  await expect(asked).rejects.toMatchObject({ code: 'too_large' })
})

test('a guard whose check returns a promise is refused', async () => {
  const check = async () => []
  const evaluate = () => ({ passed: true })
  const guards = [{ contract: 'guard/v1', id: 'own', description: '', check, evaluate }]
  const transitions = loop.transitions.map((each) => ({
    ...each,
    guards: [{ id: 'own', severity: 'hard', evaluatedBy: 'runtime' }],
  }))
  await expect(made({ loops: [{ ...loop, transitions }], guards })).rejects.toMatchObject({
    code: 'invalid_definition',
    path: '/transitions/0/guards/0/with',
  })
})
