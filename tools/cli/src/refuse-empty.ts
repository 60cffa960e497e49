import { notBlank } from '@loop-engine/core'
import type { Command } from 'commander'

/**
 * Refuses options and arguments that are empty or blank. A shell variable that is not set leaves one: `--loop "$LOOP"` would then
 * mean every loop. Spaces name nothing either.
 */
export function refuseEmpty(command: Command): void {
  const values = command.optsWithGlobals<Record<string, unknown>>()
  const empty = optionsOf(command).find((option) =>
    [values[option.attributeName()]].flat().some(isBlank),
  )
  if (empty) command.error(`error: option '${empty.flags}' is empty`)
  if (command.args.some(isBlank)) command.error('error: an argument is empty')
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && !notBlank.test(value)
}

function optionsOf({ options, parent }: Command): Command['options'] {
  return parent ? [...options, ...optionsOf(parent)] : options
}
