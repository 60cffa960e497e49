import type { Command } from 'commander'

/**
 * Refuses an option that is given twice, unless it may be repeated. Only the last value would count:
 * `stop --loop a --loop b` would let a go on.
 */
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
