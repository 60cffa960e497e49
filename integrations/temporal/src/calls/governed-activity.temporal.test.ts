import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'

import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure, ActivityFailure } from '@temporalio/common'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import {
  alice,
  byFinance,
  olga,
  openBench,
  type Bench,
  type BenchOptions,
} from '../bench.fixture.ts'
import { until } from '../until.fixture.ts'

let server: TemporalServer
let bench: Bench | undefined
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())
afterEach(() => bench?.close())

async function open(options: BenchOptions): Promise<Bench> {
  bench = await openBench(server, options)
  return bench
}

const above100 = { pay: { approval: { when: 'evidence.input.amount > 100', ...byFinance } } }
const big = { to: 'bob', amount: 500 }

/** What the workflow returned, or the failure that it saw. */
async function pay({ start }: Bench, input = big): Promise<unknown> {
  const handle = await start('payment', input)
  return handle.result().catch((error: { cause?: unknown }) => {
    const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause
    if (cause instanceof ApplicationFailure)
      return { type: cause.type, details: cause.details?.[0], nonRetryable: cause.nonRetryable }
    throw error
  })
}

/** The failure of an attempt that Temporal will repeat. */
async function pendingFailure(handle: WorkflowHandle): Promise<string | null | undefined> {
  const failure = await until(async () => {
    const { raw } = await handle.describe()
    return raw.pendingActivities?.[0]?.lastFailure?.applicationFailureInfo ?? undefined
  }, 'an attempt that fails')
  return failure.type
}

describe('a governed activity', () => {
  test('that its policy permits runs once, with the ids of Temporal on record', async () => {
    const bench = await open({ plugin: { activities: above100 } })
    expect(await pay(bench, { to: 'bob', amount: 50 })).toBe('paid')
    expect(bench.paid).toEqual([{ to: 'bob', amount: 50 }])
    const { items } = await bench.system.engine.find({ loopId: 'temporal.activity:pay' })
    const key = items[0]?.aggregateId ?? ''
    const workflow = bench.client.workflow.getHandle(`payment-${bench.queue}`)
    const { workflowId, runId } = await workflow.describe()
    const temporal = {
      workflowId,
      runId,
      workflowType: 'payment',
      activityType: 'pay',
      activityId: '2',
    }
    expect(items[0]?.metadata).toMatchObject({ temporal })
    const records = await Array.fromAsync(bench.system.engine.history({ aggregateId: key }))
    for (const { entry, evidence } of records.slice(0, 2)) {
      expect(['loop.started', 'loop.transition.executed']).toContain(entry.type)
      expect(evidence).toMatchObject({ temporal })
    }
    expect(await bench.types(key)).toEqual([
      'loop.started',
      'loop.transition.executed',
      'loop.effect.started',
      'loop.transition.executed',
    ])
  })

  test('that needs approval waits without code in the workflow, and runs with the approved input', async () => {
    const bench = await open({ plugin: { activities: above100 } })
    const result = pay(bench)
    expect(await bench.decide('approve')).toMatchObject({ status: 'executed' })
    expect(await result).toBe('paid')
    expect(bench.paid).toEqual([big])
  })

  test('that a person rejects never runs, and the workflow reads why', async () => {
    const bench = await open({ plugin: { activities: above100 } })
    const result = pay(bench)
    await bench.decide('reject')
    expect(await result).toMatchObject({
      type: 'LoopEngine.Denied',
      nonRetryable: true,
      details: { reason: 'rejected' },
    })
    expect(bench.paid).toEqual([])
  })
})

describe('a call that may not run', () => {
  test('because a guard does not pass is denied for good, with the id of the guard', async () => {
    const guards = [{ id: 'small', when: 'evidence.input.amount < 100' }]
    const bench = await open({ plugin: { activities: { pay: { guards } } } })
    expect(await pay(bench)).toMatchObject({
      type: 'LoopEngine.Denied',
      nonRetryable: true,
      details: { reason: 'guard:small' },
    })
    expect(bench.paid).toEqual([])
    // The retry policy allows five attempts, but the server made one.
    const { events } = await bench.client.workflow
      .getHandle(`payment-${bench.queue}`)
      .fetchHistory()
    const attempts = events?.flatMap(({ activityTaskStartedEventAttributes: started }) =>
      started ? [started.attempt] : [],
    )
    expect(attempts).toEqual([1, 1]) // `look` and `pay`
  })

  test('because nobody decided in time is denied by a durable timer', async () => {
    const approval = { reviewers: ['role:finance'], expiresIn: '1s' }
    const bench = await open({ plugin: { activities: { pay: { approval } } }, relay: false })
    expect(await pay(bench)).toMatchObject({
      type: 'LoopEngine.Denied',
      nonRetryable: true,
      details: { reason: 'expired' },
    })
    expect(bench.paid).toEqual([])
  })

  test('under a stop waits until somebody releases it', async () => {
    const bench = await open({ plugin: { activities: { pay: {} } } })
    const { engine } = bench.system
    const target = { everything: true } as const
    await engine.stop({ target, actor: alice, reason: 'drill' })
    const handle = await bench.start('payment', big)
    expect(await pendingFailure(handle)).toBe('LoopEngine.Stopped')
    expect(bench.paid).toEqual([])
    await engine.release({ target, actor: alice, reason: 'drill over' })
    expect(await handle.result()).toBe('paid')
  })

  test('because no signature proves its caller is denied', async () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const callerKeys = [{ keyId: 'front', publicKey }]
    const bench = await open({ plugin: { activities: { pay: {} }, callerKeys } })
    expect(await pay(bench)).toMatchObject({
      type: 'LoopEngine.Denied',
      nonRetryable: true,
      details: { reason: 'caller_not_proven' },
    })
    expect(bench.paid).toEqual([])
  })

  test('because a person withdrew the request is denied, and nobody is asked again', async () => {
    const bench = await open({ plugin: { activities: above100 } })
    const result = pay(bench)
    const { id: requestId } = await bench.asked()
    await bench.system.approvals.withdraw({ requestId, actor: olga, reason: 'not today' })

    expect(await result).toMatchObject({
      type: 'LoopEngine.Denied',
      nonRetryable: true,
      details: { reason: 'withdrawn' },
    })
    expect((await bench.system.approvals.find({})).items).toHaveLength(1)
    expect(bench.paid).toEqual([])
  })

  test('because its workflow was cancelled has its request withdrawn', async () => {
    const bench = await open({ plugin: { activities: above100 } })
    const handle = await bench.start('payment', big)
    const request = await bench.asked()
    await handle.cancel()
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
    expect(await bench.system.approvals.get({ id: request.id })).toMatchObject({
      status: 'cancelled',
    })
  })
})

describe('a call that fails', () => {
  test('is final, whatever the retry policy says, unless it is idempotent', async () => {
    const bench = await open({
      plugin: { activities: { pay: {} } },
      pay: async () => {
        throw new TypeError('no route')
      },
    })
    expect(await pay(bench)).toMatchObject({ type: 'TypeError', nonRetryable: true })
    expect(bench.paid).toHaveLength(1)
  })

  test('and is idempotent runs again under a new receipt', async () => {
    let attempts = 0
    const bench = await open({
      plugin: { activities: { pay: { idempotent: true } } },
      async pay() {
        if (++attempts < 3) throw new Error('no route')
        return 'paid'
      },
    })
    expect(await pay(bench)).toBe('paid')
    const { items } = await bench.system.engine.find({ loopId: 'temporal.activity:pay' })
    const types = await bench.types(items[0]?.aggregateId ?? '')
    expect(types.filter((type) => type === 'loop.effect.started')).toHaveLength(3)
    expect(items[0]?.currentState).toBe('EXECUTED')
  })
})

describe('a call whose worker stops while it runs', () => {
  test('and is idempotent runs again under a new receipt', async () => {
    const began = Promise.withResolvers<void>()
    let attempts = 0
    const bench = await open({
      plugin: { activities: { pay: { idempotent: true } } },
      async pay() {
        if (++attempts > 1) return 'paid'
        began.resolve()
        return Context.current().cancelled
      },
    })
    const result = pay(bench)
    await began.promise
    await bench.deploy('./workflows.fixture.ts')

    expect(await result).toBe('paid')
    const { items } = await bench.system.engine.find({ loopId: 'temporal.activity:pay' })
    const types = await bench.types(items[0]?.aggregateId ?? '')
    expect(types.filter((type) => type === 'loop.effect.started')).toHaveLength(2)
    expect(items[0]?.currentState).toBe('EXECUTED')
  })

  test('and is not idempotent is UNKNOWN, even if the activity noticed the abort', async () => {
    const began = Promise.withResolvers<void>()
    const bench = await open({
      plugin: { activities: { pay: {} } },
      async pay() {
        const { cancellationSignal: signal } = Context.current()
        began.resolve()
        await once(signal, 'abort')
        throw new DOMException('This operation was aborted', 'AbortError')
      },
    })
    const result = pay(bench)
    await began.promise
    await bench.deploy('./workflows.fixture.ts')

    expect(await result).toMatchObject({ type: 'LoopEngine.UnknownOutcome' })
    const { items } = await bench.system.engine.find({ loopId: 'temporal.activity:pay' })
    expect(items[0]?.currentState).toBe('UNKNOWN')
    expect(bench.paid).toHaveLength(1)
  })
})
