import { createContext, Script } from 'node:vm'

import { build } from 'esbuild'
import { expect, test } from 'vitest'

import { alice, proofLoop } from './proof-loop.ts'

test('decide() runs without Node: no modules, clock, crypto or timers', async () => {
  const bundled = await build({
    stdin: {
      contents: "export { admit, decide, indexLoop, actionOf } from '@loop-engine/runtime'",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kernel',
    platform: 'neutral',
    conditions: ['@loop-engine/source'],
    mainFields: ['module', 'main'],
    external: ['node:*'],
    logLevel: 'silent',
  })
  const [{ text } = { text: '' }] = bundled.outputFiles
  expect(text).not.toMatch(/require\(|from "node:|Date\.now|Math\.random|setTimeout|performance\./)

  const context = createContext(Object.create(null))
  new Script(text).runInContext(context)
  context.loopText = JSON.stringify(proofLoop)
  context.actorText = JSON.stringify(alice)
  const ruling = new Script(`
    const loop = kernel.indexLoop(JSON.parse(loopText), 'd')
    const instance = { tenant: 't', loopId: loop.definition.id, aggregateId: 'a', runId: 'r', definition: { version: '1', digest: 'd' },
      currentState: 'OPEN', status: 'active', version: 1, stateVersion: 1, transitions: 0, openApprovals: 0, metadata: {}, tags: [],
      correlationId: null, createdAt: 0, updatedAt: 0, head: '' }
    const command = { transitionId: 'close', actor: JSON.parse(actorText) }
    JSON.stringify(kernel.decide(loop, instance, command, { at: 5, durability: 'memory', guards: [], receiptTtlMs: 1 }))
  `).runInContext(context) as string
  expect(JSON.parse(ruling)).toMatchObject({
    status: 'executed',
    draft: { type: 'loop.transition.executed', toState: 'CLOSED', status: 'completed' },
  })
})
