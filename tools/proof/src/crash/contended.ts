import type { Operation } from '@loop-engine/testing'

import { recover, showing, type Recovery } from './recover.ts'
import { runWorkers } from './workers.ts'

/** Lets 64 callers in 8 processes contend for the same runs. Their answers must have one order for each run. */
export async function contended(place: string, bank: string): Promise<Recovery> {
  const operations: Operation[] = []
  const acknowledged = await runWorkers(
    8,
    (index) => [place, bank, `w${index}`, 'contend', '15'],
    undefined,
    (line) => {
      if (line.startsWith('op ')) operations.push(operationOf(line))
    },
  )
  const recovery = await recover(place, bank, acknowledged, operations)
  const problem = `${operations.length} operations are too few to show an order`
  return showing(recovery, operations.length > 500, problem)
}

function operationOf(line: string): Operation {
  const [, kind, aggregateId = '', invoked, returned, version, entry = ''] = line.split(' ')
  return {
    kind: kind === 'get' ? 'get' : 'transition',
    tenant: 'default',
    aggregateId,
    invoked: Number(invoked),
    returned: Number(returned),
    outcome: 'ok',
    version: Number(version),
    entry,
  }
}
