import type * as JsonSchema from '@cfworker/json-schema'
import type * as Cel from '@marcbachmann/cel-js'

// What only some loops use, loaded by the first that does. `require` is what loads at once, so that an expression can
// be compiled without waiting.

export function loadCel(): typeof Cel {
  return load('@marcbachmann/cel-js') as typeof Cel
}

export function loadJsonSchema(): typeof JsonSchema {
  return load('@cfworker/json-schema') as typeof JsonSchema
}

function load(name: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(import.meta.url)(name)
}
