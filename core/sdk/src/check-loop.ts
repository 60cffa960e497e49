import { LoopError, readDefinition, snapshot, type LoopDefinition } from '@loop-engine/core'
import { defineLoop, validateLoop, type ValidateOptions } from '@loop-engine/dsl'

/**
 * Returns the definition that runs will be judged by. Throws `invalid_definition` with every problem in
 * `details.problems`, those with the plugins of the system included.
 */
export function checkLoop(given: LoopDefinition, system: ValidateOptions): LoopDefinition {
  const loop = readLoop(given)
  const problems = validateLoop(loop, system)
  if (problems.length === 0) return loop
  const [first] = problems
  throw new LoopError(
    'invalid_definition',
    `The loop ${loop.id} has ${problems.length} problem(s); the first: ${first?.message}`,
    {
      path: first?.path,
      hint: first?.hint,
      details: { loopId: loop.id, problems },
    },
  )
}

/**
 * A frozen copy, because the caller could change the given object while runs are judged by it. A definition that was
 * written by hand and is not canonical goes through `defineLoop`, which reports unknown keys.
 */
function readLoop(given: LoopDefinition): LoopDefinition {
  return readDefinition(given).success ? snapshot(given) : defineLoop(given)
}
