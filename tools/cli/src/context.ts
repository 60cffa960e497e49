import type { Command } from 'commander'

import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'
import type { GlobalOptions } from './session.ts'

/** What a command is handed when it runs. */
export interface Context {
  readonly options: GlobalOptions
  readonly output: Output
}

/** Makes a commander action of a function, which answers with an exit code unless all went well. */
export type Act = <Parameters extends readonly unknown[]>(
  run: (context: Context, ...parameters: Parameters) => Promise<ExitCode | void>,
) => (...parameters: Parameters) => Promise<void>

/** A command adds itself to the program. */
export type AddCommand = (program: Command, act: Act) => void
