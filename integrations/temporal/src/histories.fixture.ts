import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Client } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

import { replay } from './replay.fixture.ts'

/**
 * Replays the history that the server wrote. With RECORD_HISTORIES=1 also stores it, so that replay.test.ts replays it
 * later.
 */
export async function checkHistory(name: string, history: unknown): Promise<void> {
  const json = historyToJSON(history as Parameters<typeof historyToJSON>[0])
  await replay(JSON.parse(json), name)
  if (process.env['RECORD_HISTORIES'] === undefined) return
  const folder = join(import.meta.dirname, 'histories')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${json}\n`)
}

/** Every text in every history of a namespace: ids, payloads, headers, failures, with and without base64. */
export async function textsOfHistories(client: Client): Promise<string> {
  const texts: string[] = []
  for await (const { workflowId, runId } of client.workflow.list()) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    collect(events, texts)
  }
  return texts.join('\n')
}

function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'))
  else if (Array.isArray(value)) for (const item of value) collect(item, texts)
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      texts.push(key)
      collect(item, texts)
    }
}
