import type { ChildProcess } from 'node:child_process'

import { tailEvents } from '@loop-engine/events'
import { systemClock } from '@loop-engine/runtime'
import { verifyStore } from '@loop-engine/sdk'
import { startPostgres } from '@loop-engine/testing'

import { createBank, openSystem } from './payment.ts'
import { endWorker, startWorker, type PaymentOrder } from './start-worker.ts'

const orders = ['order-1', 'order-2', 'order-3', 'order-4', 'order-5']
const agent = { type: 'ai-agent', id: 'clerk', provider: 'example', modelId: 'none' } as const

/** This process decides and two others pay. One of those is killed after it has paid and before that is recorded. */
export async function run(): Promise<string[]> {
  const isOwn = process.env['DATABASE_URL'] === undefined
  const postgres = await startPostgres({ private: isOwn }) // In production: your address.
  const place = { url: postgres.url, schema: postgres.schema() }
  const desk = await openSystem(place, createBank(neverHere), false)
  const book = new Map<string, string[]>() // The bank's book: by the key of a payment the bank knows it, and pays it once.
  let killed = 0

  const pay = (worker: ChildProcess, { order, key }: PaymentOrder): void => {
    book.set(key, [...(book.get(key) ?? []), order])
    if (order === 'order-3' && killed === 0) killed = Number(worker.kill('SIGKILL'))
    else worker.send(key)
  }
  const workers = await Promise.all([startWorker(place, pay), startWorker(place, pay)])

  for (const aggregateId of orders) {
    await desk.engine.start({ loopId: 'payment', aggregateId, actor: agent })
    await desk.engine.transition({ aggregateId, transitionId: 'pay', actor: agent })
  }
  const completed: string[] = []
  for await (const { events } of tailEvents({ store: desk.store, clock: systemClock })) {
    for (const { type, aggregateId } of events)
      if (type === 'loop.completed') completed.push(aggregateId)
    if (completed.length === orders.length) break
  }
  const asked = [...book.values()].flat().filter((order) => order === 'order-3')
  const { ok } = await verifyStore({ store: desk.store, tenant: 'default' })
  await Promise.all(workers.map(endWorker))
  await desk.close()
  await postgres.stop()
  return [
    ...completed.toSorted().map((order) => `${order} was decided here and paid elsewhere`),
    `${killed} worker was killed while it paid`,
    `the bank made ${book.size} payments, although it was asked ${asked.length} times for order-3`,
    `the record is ${ok ? 'whole' : 'broken'}`,
  ]
}

async function neverHere(): Promise<never> {
  throw new Error('This process runs no effects.')
}

if (import.meta.main) console.log((await run()).join('\n'))
