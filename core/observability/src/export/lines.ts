import { TextDecoder } from 'node:util'

import { LoopError } from '@loop-engine/core'

/** The longest line of an export, in characters, by default. */
export const longestLine = 16 * 1024 * 1024

/**
 * Cuts a file or a response into lines, without their breaks. Refuses bytes that are not UTF-8, and a line that is too
 * long before it is held in memory as a whole.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  { maxLineLength = longestLine }: { readonly maxLineLength?: number } = {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest: string[] = []
  let length = 0
  for await (const chunk of chunks) {
    const pieces = decode(decoder, chunk).split('\n')
    const last = pieces.pop() ?? ''
    for (const piece of pieces) {
      yield rest.length === 0 ? piece : [...rest, piece].join('')
      rest = []
      length = 0
    }
    length += last.length
    if (length > maxLineLength)
      throw new LoopError('too_large', 'A line is too long.', { details: { maxLineLength } })
    if (last !== '') rest.push(last)
  }
  const end = decode(decoder, null)
  if (rest.length > 0 || end !== '') yield [...rest, end].join('')
}

function decode(decoder: TextDecoder, chunk: Uint8Array | string | null): string {
  if (typeof chunk === 'string') return chunk
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (cause) {
    throw new LoopError('invalid_input', 'The text is not UTF-8.', {
      hint: 'If it was compressed or converted, check it as it was written.',
      cause,
    })
  }
}
