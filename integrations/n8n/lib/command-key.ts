import { createHash, randomUUID } from 'node:crypto'

import type { IExecuteFunctions } from 'n8n-workflow'

export interface CommandKeys {
  /** The idempotency key of a command for an item. */
  keyOf(itemIndex: number, command: object): string
  /** Call when the node has run and nothing failed: its next run is then no repetition of this one. */
  done(): void
}

/**
 * Makes idempotency keys. "Retry On Fail" runs a node again in the same place of the execution. It then gets the same
 * keys for the same commands, so that a lost answer is repeated and nothing happens twice. The node's next run gets
 * other keys.
 */
export function createCommandKeys(context: IExecuteFunctions): CommandKeys {
  const kept = context.getContext('node')
  const place = `${context.getWorkflowDataProxy(0).$runIndex}/`
  const before: unknown = kept['commandKey']
  const isAgain = typeof before === 'string' && before.startsWith(place)
  const run = isAgain ? before : `${place}${randomUUID()}`
  kept['commandKey'] = run
  return {
    keyOf(itemIndex, command) {
      const digest = createHash('sha256').update(JSON.stringify(command)).digest('base64url')
      return `n8n:${run}:${itemIndex}:${digest}`
    },
    done() {
      delete kept['commandKey']
    },
  }
}
