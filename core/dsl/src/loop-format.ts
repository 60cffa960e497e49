import { LoopError } from '@loop-engine/core'

export type LoopFormat = 'yaml' | 'json'

/** Throws `invalid_input` for what is neither: it would be taken for YAML. */
export function checkFormat(format: unknown): void {
  if (format === 'yaml' || format === 'json') return
  throw new LoopError('invalid_input', 'A loop is written in no such format.', {
    path: '/format',
    hint: 'Write yaml or json.',
  })
}
