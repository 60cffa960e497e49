import type { Command } from 'commander'

import type { Output } from './output.ts'
import { wholeNumber } from './whole-number.ts'

export interface PageOptions {
  readonly limit: number
  readonly cursor?: string
}

/** Adds how much of a list is shown, and from where on. */
export function withPages(command: Command, limit: number): Command {
  return command
    .option('--limit <count>', 'at most so many', wholeNumber(1, 1000), limit)
    .option('--cursor <cursor>', 'go on where a page ended')
}

/** Says where the list goes on, if it does. */
export function noteMore({ note }: Output, { cursor }: { readonly cursor?: string }): void {
  if (cursor !== undefined) note(`There is more: --cursor ${cursor}`)
}
