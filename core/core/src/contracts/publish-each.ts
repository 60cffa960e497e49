import { isLoopError, type LoopError } from '../errors.ts'

/**
 * Publishes one event after another, for a sink whose other side takes them singly. What is refused for good does not keep
 * from there what follows it: the first refusal is thrown at the end. Any other fault ends it at once.
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
