import type { HistorySeal } from '../history-seal.ts'
import type { LoopCommand, LoopKey } from './loop-commands.ts'

/** A sealed command opens for this one instance and verb: it cannot be moved. */
export function aboutCommand({ tenant, aggregateId }: LoopKey, what: LoopCommand['do']): string[] {
  return ['command', what, tenant, aggregateId]
}

/** A sealed answer opens for this one command. */
export function aboutAnswer(
  { tenant, aggregateId }: LoopKey,
  command: LoopCommand,
  seal: HistorySeal,
): string[] {
  return ['answer', tenant, aggregateId, seal.tag(command)]
}
