import { createPostgresStore } from '@loop-engine/integration-postgres'

import { drive } from './drive.ts'
import { rateOf } from './measure.ts'

// One of several processes on the same schema, each with an engine, a store and callers of its own.
const [connectionString = '', schema = '', callers = ''] = process.argv.slice(2)
const { work } = await drive(createPostgresStore({ connectionString, schema }), Number(callers))

process.on('message', (ms) => {
  void rateOf(work, Number(ms), Number(callers) * 8).then((rate) => process.send?.(rate))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
