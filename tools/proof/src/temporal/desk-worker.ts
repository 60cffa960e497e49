import { once } from 'node:events'

import { connectTemporal } from './connect-temporal.ts'
import { openDesk } from './desk.ts'

/**
 * A worker in a process of its own, for tests that kill it. It writes what the bank did. With `trouble` it hangs in the
 * middle of a payment, waits there until it is told to go on, or falls silent once a decision is committed.
 */
const [address = '', url = '', schema = '', taskQueue = '', trouble = ''] = process.argv.slice(2)

const never = new Promise<never>(() => {})

const { client, connection } = await connectTemporal(address)
await openDesk({
  client,
  connection,
  url,
  schema,
  taskQueue,
  async committed(types) {
    if (trouble !== 'falls silent' || !types.includes('loop.approval.approved')) return
    process.stdout.write('committed\n')
    await never
  },
  async pay(key, attempt) {
    process.stdout.write(`paying ${key} ${attempt}\n`)
    if (trouble === 'hangs') await never
    if (trouble === 'waits') await once(process.stdin, 'data')
    process.stdout.write(`paid ${key}\n`)
  },
})
process.stdout.write('ready\n')
