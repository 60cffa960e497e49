import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { z } from 'zod'

const fileSchema = z.array(
  z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }),
)

/** One webhook delivery, as GitHub sent it. */
export interface Delivery {
  /** The position in the stream, from 0. */
  readonly index: number
  /** The kind, as GitHub writes it into the header `x-github-event`. */
  readonly event: string
  readonly action?: string
  readonly payload: unknown
  /** SHA-256 of the payload. */
  readonly digest: string
}

/** Reads GitHub's own example payloads from `@octokit/webhooks-examples`, one by one, always in the same order. */
export async function* readPayloads(): AsyncGenerator<Delivery> {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples')
  const kinds = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  let index = 0
  for (const { name: event, examples } of kinds) {
    for (const payload of examples) {
      const action = typeof payload.action === 'string' ? payload.action : undefined
      const digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex')
      yield { index, event, action, payload, digest }
      index += 1
    }
  }
}
