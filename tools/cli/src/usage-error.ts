import { LoopError } from '@loop-engine/sdk'
import type { Command, CommanderError } from 'commander'

/** Turns commander's error about wrong use into a LoopError, so that it is printed like every other error. */
export function usageError({ code, message }: CommanderError, command: Command): LoopError {
  const help = `\`${pathOf(command)} --help\` shows the usage.`
  if (code === 'commander.help') {
    return new LoopError('invalid_config', 'No command was named.', { hint: help })
  }
  const [head = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const sentence = `${head.charAt(0).toUpperCase()}${head.slice(1)}`
  return new LoopError('invalid_config', sentence.endsWith('.') ? sentence : `${sentence}.`, {
    hint: suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}`,
  })
}

/** The command as people type it, such as `loop keys create`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}
