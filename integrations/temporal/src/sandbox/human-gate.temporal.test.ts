import { generateKeyPairSync } from 'node:crypto'

import {
  createDecisionSigner,
  signedDecisionOf,
  type Actor,
  type ApprovalRequest,
  type CloudEvent,
  type Guard,
} from '@loop-engine/core'
import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import {
  audience,
  byFinance as approval,
  olga,
  openBench,
  type Bench,
  type BenchOptions,
} from '../bench.fixture.ts'
import { createDecisionSink } from '../decision-sink.ts'
import { decideUpdate } from '../names.ts'
import { until } from '../until.fixture.ts'

let server: TemporalServer
let bench: Bench | undefined
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())
afterEach(() => bench?.close())

const input = { version: '2.0.0' }

async function open(options: BenchOptions = {}): Promise<Bench> {
  bench = await openBench(server, {
    plugin: { gates: { release: { approval } }, ...options.plugin },
    ...options,
  })
  return bench
}

async function ask({ start, trust }: Bench, workflow = 'release'): Promise<WorkflowHandle> {
  return start(workflow, input, trust)
}

/** Waits until the workflow has heard that its request is open: before that it refuses decisions. */
async function entered(handle: WorkflowHandle): Promise<void> {
  for (let heard = false; !heard;) {
    const { events } = await handle.fetchHistory()
    const reported = (events ?? []).findIndex((event) => event.activityTaskCompletedEventAttributes)
    heard = (events ?? []).some(
      (event, at) => reported >= 0 && at > reported && event.workflowTaskCompletedEventAttributes,
    )
  }
}

/** The event that tells how a request ended. */
function ending(
  how: 'approved' | 'rejected',
  { id, runId, aggregateId }: ApprovalRequest,
): CloudEvent {
  return {
    specversion: '1.0',
    id: how,
    source: 'test',
    type: `dev.loop-engine.loop.approval.${how}.v1`,
    subject: aggregateId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: '1',
    partitionkey: runId,
    data: { entry: { tenant: 'default', runId, approval: { id } } },
  }
}

async function updatesOf(handle: WorkflowHandle): Promise<number> {
  const { events = [] } = await handle.fetchHistory()
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)
    .length
}

describe('a human gate', () => {
  test('passes when a person approved, and tells the workflow who', async () => {
    const bench = await open()
    const handle = await ask(bench)
    const { aggregateId } = await bench.asked()
    const { runId, workflowId } = await handle.describe()
    const temporal = { workflowId, runId, workflowType: 'release', activityId: '1' }
    const records = await Array.fromAsync(bench.system.engine.history({ aggregateId }))
    for (const { evidence } of records) expect(evidence).toMatchObject({ temporal })
    await bench.decide('approve')
    expect(await handle.result()).toMatchObject({
      status: 'approved',
      decision: { reviewer: { type: 'human', id: 'alice' }, decision: 'approve' },
    })
    expect(await updatesOf(handle)).toBe(1)
  })

  test('that a person rejects returns rejected', async () => {
    const bench = await open()
    const handle = await ask(bench)
    await bench.decide('reject')
    expect(await handle.result()).toMatchObject({ status: 'rejected' })
  })

  test.each([true, false])(
    'does not pass if a guard no longer passes, though people approved (told by a sink: %s)',
    async (sink) => {
      let isOpen = true
      const guard: Guard = {
        contract: 'guard/v1',
        id: 'shop-open',
        description: 'The shop is open.',
        evaluate: () => ({ passed: isOpen }),
      }
      const guards = [{ id: 'shop-open' }]
      const bench = await open({
        plugin: { gates: { release: { approval: { ...approval, remindEvery: '2s' }, guards } } },
        guards: [guard],
        sink,
      })
      const handle = await ask(bench)
      await bench.asked()
      isOpen = false
      expect(await bench.decide('approve')).toMatchObject({ status: 'blocked' })

      expect(await handle.result()).toMatchObject({ status: 'cancelled' })
    },
  )

  test('refuses every forged decision before it reaches the history, and goes on waiting', async () => {
    const bench = await open({ sink: false })
    const handle = await ask(bench)
    const request = await bench.asked()
    await entered(handle)
    const approved = { ...signedDecisionOf(request), status: 'approved' as const, decidedAt: 1 }
    const foreign = createDecisionSigner({
      issuer: bench.trust.issuer,
      keyId: 'k1',
      privateKey: generateKeyPairSync('ed25519').privateKey,
    })
    const good = await bench.sign(approved, audience)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const claims = Buffer.from(payload, 'base64url').toString().replace('"approved"', '"rejected"')
    const none = Buffer.from('{"alg":"none","typ":"loop-decision+jwt","kid":"k1"}')
    const forged: readonly (readonly [string, unknown])[] = [
      ['bad_signature', await foreign(approved, audience)],
      ['bad_signature', [header, Buffer.from(claims).toString('base64url'), signature].join('.')],
      ['not_for_here', await bench.sign(approved, 'somebody else')],
      ['other_action', await bench.sign({ ...approved, actionDigest: '0'.repeat(64) }, audience)],
      ['no_such_gate', await bench.sign({ ...approved, requestId: 'another' }, audience)],
      ['not_final', await bench.sign({ ...approved, status: 'pending' }, audience)],
      ['malformed', [none.toString('base64url'), payload, ''].join('.')],
      ['malformed', { approved: true }],
    ]
    for (const [reason, token] of forged) {
      await expect(handle.executeUpdate(decideUpdate, { args: [token] })).rejects.toMatchObject({
        cause: { type: 'LoopEngine.DecisionRefused', details: [{ reason }] },
      })
    }
    expect(await updatesOf(handle)).toBe(0)
    await handle.executeUpdate(decideUpdate, { args: [good] })
    expect(await handle.result()).toMatchObject({ status: 'approved' })
  })

  test('that does not wait yet gets its decision later', async () => {
    const bench = await open({ sink: false })
    const { client, store, queue, trust } = bench
    await ask(bench)
    const { request } = await bench.decide('approve')
    const run = await store.getRun('default', request.runId)
    if (!run) throw new Error('Nobody asked.')

    // Another workflow, which does not know the request.
    const other = await client.workflow.start('release', {
      taskQueue: queue,
      workflowId: `other-${queue}`,
      args: [input, trust],
    })
    await entered(other)
    const temporal = { namespace: 'default', workflowId: other.workflowId, kind: 'gate' }
    const sink = createDecisionSink({
      client,
      store: {
        approval: async () => request,
        getRun: async () => ({ ...run, metadata: { temporal } }),
      },
      signer: { sign: bench.sign, audience },
    })
    const event = ending('approved', request)
    await expect(
      sink.publish([event], { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  test('escalates and then expires by durable timers, and expiry is never an approval', async () => {
    const gates = {
      release: {
        approval: {
          ...approval,
          expiresIn: '4s',
          escalate: [{ after: '1s', reviewers: ['olga'] }],
        },
      },
    }
    // Only this test moves the clock of the engine.
    const bench = await open({ plugin: { gates }, relay: false, sink: false })
    const handle = await ask(bench)
    const request = await bench.asked()
    expect(await handle.result()).toEqual({ status: 'expired', decision: expect.anything() })
    const { aggregateId } = request
    expect(await bench.types(aggregateId)).toEqual([
      'loop.started',
      'loop.approval.requested',
      'loop.approval.escalated',
      'loop.approval.expired',
      'loop.transition.executed',
    ])
  })

  test('is found again, with the same request, after its workflow continued as new', async () => {
    const bench = await open()
    const handle = await ask(bench, 'renewed')
    const request = await bench.asked()
    const { runId } = await handle.describe()
    await until(async () => (await handle.describe()).runId !== runId, 'the next run')
    expect((await bench.decide('approve')).request.id).toBe(request.id)
    expect(await handle.result()).toMatchObject({ status: 'approved' })
  })

  test('asks anew in each run of a schedule: one approval does not hold for ever', async () => {
    const bench = await open()
    const { client, queue, trust } = bench
    const handle = await client.workflow.start('release', {
      taskQueue: queue,
      workflowId: `nightly-${queue}`,
      cronSchedule: '@every 1s',
      args: [input, trust],
    })
    const first = await bench.asked()
    await bench.decide('approve')

    expect((await bench.asked()).id).not.toBe(first.id)
    await handle.terminate()
  })

  test('gets its decision from the worker if the update got lost', async () => {
    const gates = { release: { approval: { ...approval, remindEvery: '2s' } } }
    const bench = await open({ plugin: { gates }, sink: false })
    const handle = await ask(bench)
    await bench.decide('approve')
    expect(await handle.result()).toMatchObject({ status: 'approved' })
    expect(await updatesOf(handle)).toBe(0)
  })

  test('does not pass for a request changed in the database: only recorded decisions are signed', async () => {
    const gates = { release: { approval: { ...approval, remindEvery: '2s' } } }
    const bench = await open({ plugin: { gates }, sink: false })
    const handle = await ask(bench)
    await bench.asked()
    await entered(handle)
    const { approval: read } = bench.store
    const reviewer: Actor = { type: 'human', id: 'alice' }
    const vote = { decision: 'approve', reviewer, stage: 0, revision: 1, at: 1 } as const
    const forged = { status: 'approved', decisions: [vote], executedBy: 'f'.repeat(64) } as const
    Object.assign(bench.store, {
      approval: async (...which: Parameters<typeof read>) => {
        const request = await read(...which)
        return request && { ...request, ...forged }
      },
    })

    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { type: 'LoopEngine.Denied', details: [{ reason: 'corrupt' }] } },
    })
  })

  test('is not told of an approval if the record has a rejection', async () => {
    const bench = await open({ sink: false })
    await ask(bench)
    const { request } = await bench.decide('reject')
    const { client, store } = bench
    const approval = async () => ({ ...request, status: 'approved' as const, executedBy: 'f' })
    const sink = createDecisionSink({
      client,
      store: { getRun: store.getRun, approval },
      signer: { sign: bench.sign, audience },
    })

    await expect(
      sink.publish([ending('rejected', request)], { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('withdraws its request when its workflow is cancelled', async () => {
    const bench = await open()
    const handle = await ask(bench)
    const { id } = await bench.asked()
    await entered(handle)
    await handle.cancel()
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
    expect(await bench.system.approvals.get({ id })).toMatchObject({ status: 'cancelled' })
  })

  test('that no policy names is denied', async () => {
    const bench = await open({ plugin: { gates: {} } })
    const handle = await ask(bench)
    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { type: 'LoopEngine.Denied', details: [{ reason: 'unknown_gate' }] } },
    })
  })

  test('cannot be approved by the person who started the workflow', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const principal = { type: 'human' as const, id: 'olga' }
    const bench = await open({
      clientPlugin: { caller: { principal, keyId: 'front', privateKey } },
      plugin: { gates: { release: { approval } }, callerKeys: [{ keyId: 'front', publicKey }] },
    })
    const handle = await ask(bench)
    expect(await bench.decide('approve', olga)).toMatchObject({
      status: 'refused',
      reason: 'requester_cannot_decide',
    })
    await bench.decide('approve')
    expect(await handle.result()).toMatchObject({ status: 'approved' })
  })
})
