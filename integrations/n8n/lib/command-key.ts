import { createHash, randomUUID } from 'node:crypto'

import type { IExecuteFunctions } from 'n8n-workflow'

export interface CommandKeys {
  /** The key of a command on behalf of an item. */
  keyOf(itemIndex: number, command: object): string
  /** The node has run, and nothing failed: its next run is no repetition of this one. */
  done(): void
}

/**
 * Idempotency keys. "Retry On Fail" runs a node again in the same place of the execution and gets the same keys for the
 * same commands, so that a lost answer is asked for again and nothing happens twice; the next run of the node gets others.
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
