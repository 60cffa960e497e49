import { z } from 'zod'

import type { Progress } from '../shared-work.ts'
import type { Answer, AnswerSpec } from './route.ts'

const progressSchema = z
  .object({ runs: z.int(), entries: z.int() })
  .meta({ description: 'How much of the record was read so far.' })

/** What a route answers that reads a whole record, besides what it read. */
export const unfinished: Readonly<Record<202, AnswerSpec>> = {
  202: { description: 'It goes on: ask for the same again.', schema: progressSchema },
}

export function askAgain(body: Progress): Answer {
  return { status: 202, body, headers: { 'retry-after': '1' } }
}
