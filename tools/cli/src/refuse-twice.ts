import type { Command } from 'commander'

/** Of two values the first would be left alone, though it was named: `stop --loop a --loop b` would let a go on. */
export function refuseTwice(command: Command): void {
  for (const option of command.options) {
    const isRepeatable = Array.isArray(option.defaultValue)
    if (!option.required || isRepeatable) continue
    let isGiven = false
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: option '${option.flags}' is given twice`)
      isGiven = true
    })
  }
}
