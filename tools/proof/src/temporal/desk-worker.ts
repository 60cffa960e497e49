import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'

import { openDesk } from './desk.ts'

/** A worker as a process of its own, for tests that kill it: says what the bank did, and may hang in the middle of it. */
const [address = '', url = '', schema = '', taskQueue = '', hangs = ''] = process.argv.slice(2)

Runtime.install({ logger: new DefaultLogger('ERROR') })
await openDesk({
  client: new Client({ connection: await Connection.connect({ address }) }),
  connection: await NativeConnection.connect({ address }),
  url,
  schema,
  taskQueue,
  async pay(key, attempt) {
    process.stdout.write(`paying ${key} ${attempt}\n`)
    if (hangs === 'hangs') await new Promise(() => {})
  },
})
process.stdout.write('ready\n')
