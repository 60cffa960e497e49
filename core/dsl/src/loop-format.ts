import { LoopError } from '@loop-engine/core'

export type LoopFormat = 'yaml' | 'json'

/** Throws `invalid_input` for an unknown format, which would otherwise be treated as YAML. */
export function checkFormat(format: unknown): void {
  if (format === 'yaml' || format === 'json') return
  throw new LoopError('invalid_input', 'A loop cannot be read or written in this format.', {
    path: '/format',
    hint: 'Write yaml or json.',
  })
}
