import type { Output } from './output.ts'

/** The same lines, of which a person at a terminal hears how many they are so far. */
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
