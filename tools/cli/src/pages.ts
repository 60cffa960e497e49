import type { Command } from 'commander'

import type { Output } from './output.ts'
import { wholeNumber } from './whole-number.ts'

export interface PageOptions {
  readonly limit: number
  readonly cursor?: string
}

/** Adds the options `--limit` and `--cursor` to a command that prints a list. */
export function withPages(command: Command, limit: number): Command {
  return command
    .option('--limit <count>', 'print at most this many', wholeNumber(1, 1000), limit)
    .option(
      '--cursor <cursor>',
      'continue an earlier list; each page that is not the last prints its cursor',
    )
}

/** Prints the cursor of the next page, if there is one. */
export function noteMore({ note }: Output, { cursor }: { readonly cursor?: string }): void {
  if (cursor !== undefined) note(`There is more. Continue with --cursor ${cursor}`)
}
