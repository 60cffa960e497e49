import { LoopError, readDefinition, snapshot, type LoopDefinition } from '@loop-engine/core'
import { defineLoop, validateLoop, type ValidateOptions } from '@loop-engine/dsl'

/** The definition as runs will be judged by it. Throws `invalid_definition` with every problem that a system has with it. */
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
 * A definition of our own: one that was written by hand may have keys that nobody reads, and could be changed while runs
 * are judged by it.
 */
function readLoop(given: LoopDefinition): LoopDefinition {
  return readDefinition(given).success ? snapshot(given) : defineLoop(given)
}
