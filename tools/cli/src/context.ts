import type { Command } from 'commander'

import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'
import type { GlobalOptions } from './session.ts'

/** What a command is handed when it runs. */
export interface Context {
  readonly options: GlobalOptions
  readonly output: Output
}

/** Makes a commander action of a function. The function returns an exit code; nothing means success. */
export type Act = <Parameters extends readonly unknown[]>(
  run: (context: Context, ...parameters: Parameters) => Promise<ExitCode | void>,
) => (...parameters: Parameters) => Promise<void>

/** Adds one command to the program. */
export type AddCommand = (program: Command, act: Act) => void
