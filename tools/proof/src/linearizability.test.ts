import { isLoopError } from '@loop-engine/core'
import { checkInvariants, type Operation } from '@loop-engine/testing'
import { afterAll, describe, expect, test } from 'vitest'

import { openSystem, worldOf } from './journey.ts'
import { agent, proofLoop } from './proof-loop.ts'
import { storeKinds } from './stores.ts'

const kinds = storeKinds()
afterAll(() => Promise.all(kinds.map((kind) => kind.end())))

describe.each(kinds)('on $name', (kind) => {
  test(
    '64 callers of two engines on three hot runs see one order per run',
    { timeout: 120_000 },
    async () => {
      const store = await kind.create()
      const engines = await Promise.all([openSystem(store, 'one'), openSystem(store, 'two')])
      const ids = ['a', 'b', 'c']
      for (const aggregateId of ids)
        await engines[0].system.engine.start({ loopId: proofLoop.id, aggregateId, actor: agent })

      const operations: Operation[] = []
      let ticks = 0
      await Promise.all(
        Array.from({ length: 64 }, async (_, caller) => {
          const { engine } = (engines[caller % 2] ?? engines[0]).system
          const aggregateId = ids[caller % 3] ?? 'a'
          for (let round = 0; round < 4; round++) {
            const invoked = ++ticks
            try {
              const { version, head } =
                round % 2 === 0
                  ? (
                      await engine.transition({
                        aggregateId,
                        transitionId: 'note',
                        actor: agent,
                        evidence: { sure: true, caller },
                      })
                    ).instance
                  : ((await engine.get({ aggregateId })) ?? { version: 0, head: '' })
              operations.push({
                kind: round % 2 === 0 ? 'transition' : 'get',
                tenant: 'default',
                aggregateId,
                invoked,
                returned: ++ticks,
                outcome: 'ok',
                version,
                entry: head,
              })
            } catch (error) {
              // Two engines that contend for one run may give up: that is an answer, and changed nothing.
              if (!isLoopError(error) || error.code !== 'conflict') throw error
            }
          }
        }),
      )
      expect(operations.length).toBeGreaterThan(200)
      expect(
        await checkInvariants({ ...worldOf(store, []), effects: undefined, operations }),
      ).toEqual([])
    },
  )

  test(
    '100 callers who spend one approval execute once, and a budget of 100 is never exceeded',
    { timeout: 60_000 },
    async () => {
      const store = await kind.create()
      const engines = await Promise.all([openSystem(store, 'one'), openSystem(store, 'two')])
      const [{ system }] = engines
      await system.engine.start({ loopId: proofLoop.id, aggregateId: 'a', actor: agent })
      const asked = await system.engine.transition({
        aggregateId: 'a',
        transitionId: 'pay',
        actor: agent,
        evidence: { amount: 7 },
      })
      const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
      await system.approvals.decide({
        requestId,
        decision: 'approve',
        actor: { type: 'human', id: 'alice' },
      })
      const consumers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (engines[index % 2] ?? engines[0]).system.approvals.decide({
            requestId,
            decision: 'approve',
            actor: { type: 'human', id: `person-${index}` },
          }),
        ),
      )
      expect(consumers.filter(({ status }) => status === 'executed')).toHaveLength(1)

      await Promise.all(
        ['x', 'y'].map((aggregateId) =>
          system.engine.start({ loopId: proofLoop.id, aggregateId, actor: agent }),
        ),
      )
      const spends = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (engines[index % 2] ?? engines[0]).system.engine
            .transition({
              aggregateId: index % 4 < 2 ? 'x' : 'y',
              transitionId: 'spend',
              actor: agent,
              evidence: { amount: 15 },
            })
            .catch(() => undefined),
        ),
      )
      expect(spends.filter((result) => result?.status === 'executed').length).toBeLessThanOrEqual(6)
      expect(await checkInvariants({ ...worldOf(store, []), effects: undefined })).toEqual([])
    },
  )
})
