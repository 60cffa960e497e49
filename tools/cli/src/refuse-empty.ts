import type { Command } from 'commander'

/** Empty is what a variable leaves that was never set: `--loop "$LOOP"` would mean every loop. */
export function refuseEmpty(command: Command): void {
  const values = command.optsWithGlobals<Record<string, unknown>>()
  const empty = optionsOf(command).find((option) =>
    [values[option.attributeName()]].flat().includes(''),
  )
  if (empty) command.error(`error: option '${empty.flags}' is empty`)
  if (command.args.includes('')) command.error('error: an argument is empty')
}

function optionsOf({ options, parent }: Command): Command['options'] {
  return parent ? [...options, ...optionsOf(parent)] : options
}
