import { Command, CommanderError, Option } from 'commander'

import { addDeadLetters } from './commands/dead-letters.ts'
import { addApprove, addReject } from './commands/decide.ts'
import { addExport } from './commands/export.ts'
import { addGraph } from './commands/graph.ts'
import { addInbox } from './commands/inbox.ts'
import { addInit } from './commands/init.ts'
import { addKeys } from './commands/keys.ts'
import { addList } from './commands/list.ts'
import { addMigrate } from './commands/migrate.ts'
import { addRetain } from './commands/retain.ts'
import { addServe } from './commands/serve.ts'
import { addShow } from './commands/show.ts'
import { addRelease, addStop, addStops } from './commands/stop.ts'
import { addTimeline } from './commands/timeline.ts'
import { addValidate } from './commands/validate.ts'
import { addVerify } from './commands/verify.ts'
import type { Act } from './context.ts'
import { exitCodeOf, exitCodes, exitCodesText, type ExitCode } from './exit-codes.ts'
import { createOutput } from './output.ts'
import { presentError } from './present-error.ts'
import { refuseEmpty } from './refuse-empty.ts'
import { refuseTwice } from './refuse-twice.ts'
import { repeatable } from './repeatable.ts'
import { hasPassword, secretsOf } from './secrets.ts'
import { defaultDb, defaultTenant, type GlobalOptions } from './session.ts'
import { usageError } from './usage-error.ts'
import { readVersion } from './version.ts'

export interface RunOptions {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
  /** The environment, in which `DATABASE_URL` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const commands = [
  addInit,
  addValidate,
  addGraph,
  addList,
  addShow,
  addTimeline,
  addInbox,
  addApprove,
  addReject,
  addDeadLetters,
  addVerify,
  addExport,
  addRetain,
  addServe,
  addMigrate,
  addKeys,
  addStop,
  addRelease,
  addStops,
]

/** Runs the command line and resolves to the exit code. Never rejects: errors are written to `err`. */
export async function runLoop(
  args: readonly string[],
  { out, err, env }: RunOptions,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok
  const program = createProgram()
  const optionsNow = (): GlobalOptions => withEnvironment(program, env)
  const act: Act =
    (run) =>
    async (...parameters) => {
      const options = optionsNow()
      const output = createOutput({ json: options.json, color: options.color, out, err })
      try {
        code = (await run({ options, output }, ...parameters)) ?? exitCodes.ok
      } finally {
        output.endProgress()
      }
    }
  for (const add of commands) add(program, act)
  for (const command of allOf(program)) refuseTwice(command)
  // Not asked of commander, which may refuse the command line before it has read `--json`.
  const asksForJson = args.includes('--json')
  const refusedCommand = redirectCommander(program, { out, err, asksForJson })

  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    const { json, color, debug, postgres } = optionsNow()
    const secrets = [postgres, env['DATABASE_URL'], ...args.filter(hasPassword)].flatMap(secretsOf)
    const isUsage = error instanceof CommanderError
    const output = createOutput({ json: isUsage ? asksForJson : json, color, out, err })
    // Commander has printed the help already if it was asked for, or if no command was named.
    const isShown = isUsage && (error.exitCode === 0 || (isHelp(error) && !asksForJson))
    const reported = isUsage ? usageError(error, refusedCommand()) : error
    if (!isShown) presentError(reported, { output, debug, secrets })
    return exitCodeOf(error)
  }
}

function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help'
}

/** Makes commander write to `out` and `err`. The result tells which command was used wrongly. */
function redirectCommander(
  program: Command,
  { out, err, asksForJson }: Pick<RunOptions, 'out' | 'err'> & { readonly asksForJson: boolean },
): () => Command {
  let refused = program
  for (const command of allOf(program)) {
    command
      .exitOverride((error) => {
        refused = command
        throw error
      })
      .configureOutput({
        writeOut: (text) => out.write(text),
        writeErr: (text) => asksForJson || err.write(text),
        // Printed by presentError, like every other error.
        outputError: () => undefined,
      })
  }
  return () => refused
}

function createProgram(): Command {
  return new Command('loop')
    .description(
      'Checks and draws loops, shows governed runs, decides on their requests, and verifies the record.',
    )
    .option('--db <path>', 'path of the SQLite database', defaultDb)
    .addOption(
      // If both were accepted, one of the two databases would silently be ignored.
      new Option(
        '--postgres <url>',
        'URL of a PostgreSQL database, used instead of SQLite (default: DATABASE_URL, unless --db is given)',
      ).conflicts('db'),
    )
    .option('--tenant <id>', 'the tenant whose runs are meant', defaultTenant)
    .option('--as <id>', 'your id (default: the user of this computer)')
    .addOption(repeatable('--role <role>', 'a role that you have; may be repeated'))
    .addOption(repeatable('--group <group>', 'a group that you belong to; may be repeated'))
    .option('--json', 'print results and errors as JSON', false)
    .option('--no-color', 'print without colours')
    .option('--debug', 'print the stack of an error', false)
    .version(readVersion(), '--version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\n${exitCodesText}`)
    .hook('preAction', (_, command) => refuseEmpty(command))
}

/** The command itself and all commands below it. */
function allOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allOf)]
}

/** A database that was named on the command line wins over the environment. */
function withEnvironment(program: Command, env: RunOptions['env']): GlobalOptions {
  const options = program.opts<GlobalOptions>()
  const url = env['DATABASE_URL']
  const named = options.postgres !== undefined || program.getOptionValueSource('db') === 'cli'
  return named || !url ? options : { ...options, postgres: url }
}
