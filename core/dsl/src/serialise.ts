import type { LoopDefinition } from '@loop-engine/core'

import { loadYaml } from './load.ts'
import { checkFormat, type LoopFormat } from './loop-format.ts'
import { fits } from './yaml-source.ts'

/**
 * Writes a definition so that `parseLoop` reads the same one. If the indented text
 * would be larger than `parseLoop` accepts, it is one line of JSON, whatever the
 * format: YAML readers accept JSON. Throws `invalid_input` for an unknown format.
 */
export function serialiseLoop(definition: LoopDefinition, format: LoopFormat): string {
  checkFormat(format)
  const text = format === 'json' ? `${JSON.stringify(definition, null, 2)}\n` : yamlOf(definition)
  return fits(text) ? text : JSON.stringify(definition)
}

function yamlOf(definition: LoopDefinition): string {
  return loadYaml().stringify(definition, {
    schema: 'core',
    aliasDuplicateObjects: false,
    lineWidth: 0,
  })
}
