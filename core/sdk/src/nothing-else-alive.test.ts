import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

/** The output of a process that only waits for something that never answers. */
async function printedBy(options: string, work: string): Promise<string> {
  const script = `
    import { createLoopSystem, defineLoop } from '@loop-engine/sdk'
    const never = () => new Promise(() => {})
    const alice = { type: 'human', id: 'alice' }
    const loop = (change) => defineLoop({
      id: 'l', states: [{ id: 'A' }, { id: 'B', terminal: true }], initialState: 'A',
      transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human'], ...change }],
    })
    const { engine, approvals, relay } = await createLoopSystem({ relay: false, ...${options} })
    await engine.start({ loopId: 'l', aggregateId: 'one', actor: alice })
    const asked = await engine.transition({ aggregateId: 'one', signal: 'go', actor: alice })
    ${work}`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@loop-engine/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1' } },
  )
  return stdout.trim()
}

test.each([
  [
    'a guard',
    `{ loops: [loop({ guards: ['slow'] })], limits: { guardTimeoutMs: 20 },
       guards: [{ contract: 'guard/v1', id: 'slow', evaluate: never }] }`,
    'console.log(asked.status)',
    'guard_failed',
  ],
  [
    'an effect',
    `{ loops: [loop({ effect: { integration: 'bank', action: 'pay', timeout: '20ms' } })],
       limits: { backoffMs: { first: 60_000, longest: 60_000 } },
       integrations: [{ contract: 'integration/v1', name: 'bank',
         actions: { pay: { input: { parse: (value) => value }, run: never } } }] }`,
    'console.log(await relay.drain())',
    '1',
  ],
  [
    'a directory',
    `{ loops: [loop({ approval: true })], limits: { effectTimeoutMs: 20 },
       identity: { directory: never } }`,
    `const decided = approvals.decide({
       requestId: asked.approvalId, decision: 'reject', actor: { type: 'human', id: 'bob' } })
     console.log(await decided.catch(({ code }) => code))`,
    'unavailable',
  ],
])('a program that only waits for %s hears that it is late', async (_, options, work, said) => {
  expect(await printedBy(options, work)).toBe(said)
})

test('a program that only waits for a decision does not end before it, and then it does', async () => {
  const waiting = `
    const requestId = asked.approvalId
    const decide = () =>
      approvals.decide({ requestId, decision: 'reject', actor: { type: 'human', id: 'bob' } })
    setTimeout(decide, 20).unref()
    console.log((await approvals.wait({ requestId })).status)`

  expect(await printedBy('{ loops: [loop({ approval: true })] }', waiting)).toBe('rejected')
})

test('a program that only waits for events of other processes stays alive', async () => {
  const looking = `
    const { tailEvents } = await import('@loop-engine/events')
    const { systemClock: clock } = await import('@loop-engine/runtime')
    let looks = 0
    const tail = async () => {
      if (looks++ === 2) throw new Error('looked again')
      return { items: [], cursor: '1' }
    }
    try {
      for await (const _ of tailEvents({ store: { name: 'still', tail }, clock, pollMs: 20 }));
    } catch ({ message }) {
      console.log(message)
    }`

  expect(await printedBy('{ loops: [loop({})] }', looking)).toBe('looked again')
})
