import { LoopError } from './errors.ts'

/** What a timer can wait for; a longer time would be over at once. */
const longestTimeoutMs = 2 ** 31 - 1

/** Refuses a time limit that no timer keeps, with `invalid_config`. */
export function checkTimeout(plugin: string, timeoutMs: number): void {
  if (Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= longestTimeoutMs) return
  throw new LoopError('invalid_config', `${plugin} was given a time limit that is none.`, {
    plugin,
    path: '/timeoutMs',
    hint: 'Give whole milliseconds, at most 24 days.',
  })
}
