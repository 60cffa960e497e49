import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

import { fieldsOf } from './fields.ts'

/**
 * Throws `invalid_config` for options without an engine, and for an unknown option: a misspelt `policy` or `guards`
 * would govern nothing.
 */
export function checkOptions<Options>(
  what: string,
  options: Options,
  known: KnownKeys<Options>,
): void {
  refuseStrayKeys(options, known, { what, code: 'invalid_config' })
  if (typeof fieldsOf(fieldsOf(options)['engine'])['transition'] === 'function') return
  throw new LoopError('invalid_config', `${what} needs an engine.`, {
    plugin: 'vercel-ai',
    path: '/engine',
    hint: 'Hand in the `engine` that createLoopSystem returns.',
  })
}
