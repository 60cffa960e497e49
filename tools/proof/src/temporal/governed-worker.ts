import { fileURLToPath } from 'node:url'

import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createTemporalPlugin } from '@loop-engine/integration-temporal'
import { createLoopSystem } from '@loop-engine/sdk'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'

/**
 * A worker with the plugin, in a process of its own. It writes what it pays, and may hang in the middle of a payment.
 */
const [address = '', url = '', schema = '', taskQueue = '', hangs = ''] = process.argv.slice(2)

Runtime.install({ logger: new DefaultLogger('ERROR') })
const system = await createLoopSystem({
  loops: [],
  store: createPostgresStore({ connectionString: url, schema }),
  relay: false,
})

async function pay(amount: number): Promise<string> {
  process.stdout.write(`paying ${amount}\n`)
  if (hangs === 'hangs') await new Promise(() => {})
  return `paid ${amount}`
}

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./governed-workflows.ts', import.meta.url)),
  activities: { payOnce: pay, payAgain: pay },
  plugins: [
    createTemporalPlugin({
      system,
      activities: { payOnce: {}, payAgain: { idempotent: true } },
      gates: { release: { approval: { reviewers: ['role:finance'], expiresIn: '7d' } } },
    }),
  ],
})
process.stdout.write('ready\n')
await worker.run()
