import type { LoopDefinition } from '@loop-engine/core'

import { loadYaml } from './load.ts'

/** Writes a definition so that `parseLoop` gives the same one back. That reads no text of more than 256 KiB. */
export function serialiseLoop(definition: LoopDefinition, format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(definition, null, 2)}\n`
  return loadYaml().stringify(definition, {
    schema: 'core',
    aliasDuplicateObjects: false,
    lineWidth: 0,
  })
}
