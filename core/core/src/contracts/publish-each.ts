import { isLoopError, type LoopError } from '../errors.ts'

/**
 * Publishes events one after another, for a sink that takes one at a time. An event that is refused for good does not hold
 * up the others: the first refusal is thrown once all were tried. Any other fault ends the loop at once, because later
 * events must not overtake the one that failed.
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
