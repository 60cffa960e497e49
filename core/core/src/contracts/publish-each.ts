import { isLoopError, type LoopError } from '../errors.ts'

/**
 * Publishes events one after another, for a sink whose other side takes one at a time. An event that is refused for good
 * holds up none behind it: the first refusal is thrown when all were tried. Any other fault ends it at once, because what
 * follows must not overtake.
 */
export async function publishEach<Event>(
  events: readonly Event[],
  publish: (event: Event) => Promise<void>,
): Promise<void> {
  let refusal: LoopError | undefined
  for (const event of events) {
    try {
      await publish(event)
    } catch (error) {
      if (!isLoopError(error) || error.code !== 'refused') throw error
      refusal ??= error
    }
  }
  if (refusal) throw refusal
}
