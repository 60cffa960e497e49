import { allEnded } from '@loop-engine/core'

import { fieldsOf } from '../fields.ts'
import type { GovernedCall } from './model-call.ts'

/**
 * Passes a model's stream on, and records how it ended before the consumer sees `finish`. Also records when the vendor
 * hangs up or the consumer cancels; a transform stream cannot, because its `flush` does not run then.
 */
export function governStream(
  stream: ReadableStream<unknown>,
  call: GovernedCall,
): ReadableStream<unknown> {
  const reader = stream.getReader()
  const see = async (part: unknown): Promise<void> => {
    const { type, error } = fieldsOf(part)
    call.hearPart(part)
    call.output.add(part)
    if (type === 'error') call.objected(error)
    if (type === 'tool-call') await call.propose(part)
    if (type === 'finish') await call.finish()
  }

  return new ReadableStream(
    {
      async pull(controller) {
        const step = await call.guarding(() => reader.read())
        try {
          if (step.done) {
            await call.end()
            controller.close()
            return
          }
          await see(step.value)
          controller.enqueue(step.value)
        } catch (error) {
          // An answer that may not be used, or cannot be recorded, is not read on.
          await reader.cancel(error).catch(() => undefined)
          throw error
        }
      },
      async cancel(reason) {
        await allEnded([call.abandon(), reader.cancel(reason)])
      },
    },
    { highWaterMark: 0 },
  )
}
