import { z } from 'zod'

import type { Progress } from '../shared-work.ts'
import type { Answer, AnswerSpec } from './route.ts'

const progressSchema = z
  .object({ runs: z.int(), entries: z.int() })
  .meta({ description: 'How many runs and entries were read so far.' })

/** The additional answer of a route that reads a whole record: the reading is not finished. */
export const unfinished: Readonly<Record<202, AnswerSpec>> = {
  202: {
    description: 'The work goes on. Repeat the request to get the result.',
    schema: progressSchema,
  },
}

export function askAgain(body: Progress): Answer {
  return { status: 202, body, headers: { 'retry-after': '1' } }
}
