import type { Output } from './output.ts'

/** Yields the same lines and shows a person at a terminal how many there were so far. */
export async function* counted(
  lines: AsyncIterable<string>,
  { progress }: Output,
): AsyncGenerator<string> {
  let count = 0
  for await (const line of lines) {
    count += 1
    progress(`${count} lines …`)
    yield line
  }
}
