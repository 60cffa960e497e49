import { createBank, openSystem } from './payment.ts'

/**
 * A process that runs effects until its parent disconnects or kills it. Arguments: the database's address and schema.
 */
const [url = '', schema = ''] = process.argv.slice(2)

const waiting = new Map<unknown, () => void>()
const bank = createBank(async (order, key) => {
  const { promise: paid, resolve } = Promise.withResolvers<void>()
  waiting.set(key, resolve)
  process.send?.({ order, key })
  await paid
  return { paidBy: process.pid }
})
process.on('message', (key) => waiting.get(key)?.())

const system = await openSystem({ url, schema }, bank, true)
process.once('disconnect', () => void system.close())
process.send?.('ready')
