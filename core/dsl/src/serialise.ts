import type { LoopDefinition } from '@loop-engine/core'

import { loadYaml } from './load.ts'
import { checkFormat, type LoopFormat } from './loop-format.ts'
import { fits } from './yaml-source.ts'

/** Writes a definition so that `parseLoop` gives the same one back: as one line of JSON when it is too large to be laid out. */
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
