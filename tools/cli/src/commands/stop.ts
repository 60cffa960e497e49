import { LoopError, type StopTarget } from '@loop-engine/sdk'
import type { Command } from 'commander'

import type { AddCommand, Context } from '../context.ts'
import { plain } from '../output.ts'
import { withSession } from '../session.ts'
import { targetWarning } from './target-warning.ts'

interface TargetOptions {
  readonly everything?: true
  readonly loop?: string
  readonly instance?: string
  readonly actor?: string
  readonly reason: string
}

export const addStop: AddCommand = (program, act) => {
  withTargets(
    program
      .command('stop')
      .description(
        'the kill switch: hold up everything that the target covers until it is released',
      ),
  )
    .addHelpText(
      'after',
      `
A target without runs is stopped too, for runs to come, and a warning says so.
Actors are not checked. --actor stops this account only: other accounts of the
same person are known only to the directory of the server.`,
    )
    .action(
      act(async ({ options, output }, chosen: TargetOptions, command: Command) => {
        const target = targetOf(chosen, options, command)
        return withSession(options, async (session) => {
          const { engine, actor } = session
          const stop = await engine.stop({ target, actor, reason: chosen.reason })
          // Checked after the stop: the check must neither delay the stop nor make it look like a failure.
          const warning = await targetWarning(session, target).catch(() => undefined)
          output.result(
            { ...stop, ...(warning && { warning }) },
            `Stopped ${plain(stop.scope)}. \`loop release\` with the same target and a reason ends the stop.`,
          )
          if (warning) output.note(`${output.paint('yellow', 'warning')} ${plain(warning)}`)
        })
      }),
    )
}

export const addRelease: AddCommand = (program, act) => {
  withTargets(program.command('release').description('release a stop')).action(
    act(async ({ options, output }, chosen: TargetOptions, command: Command) => {
      const target = targetOf(chosen, options, command)
      return withSession(options, async ({ engine, actor }) => {
        const before = await engine.stops()
        await engine.release({ target, actor, reason: chosen.reason })
        const stops = await engine.stops()
        if (stops.length === before.length) throw notStopped(stops.map(({ scope }) => scope))
        output.result(
          { released: target, stops },
          `Released. Other stops in force: ${stops.length}.`,
        )
      })
    }),
  )
}

function notStopped(inForce: readonly string[]): LoopError {
  return new LoopError('not_found', 'No stop of this target is in force.', {
    hint: inForce.length === 0 ? 'No stop is in force at all.' : `In force: ${inForce.join(', ')}.`,
  })
}

export const addStops: AddCommand = (program, act) => {
  program
    .command('stops')
    .description('list the stops that are in force')
    .action(
      act(async ({ options, output }) =>
        withSession(options, async ({ engine }) => {
          const stops = await engine.stops()
          const lines = stops.map(({ scope, by, reason }) => plain(`${scope}  by ${by}: ${reason}`))
          output.result(stops, lines.join('\n') || 'No stop is in force.')
        }),
      ),
    )
}

function withTargets(command: Command): Command {
  return command
    .option('--everything', 'target: all tenants and all loops')
    .option('--loop <id>', 'target: one loop')
    .option('--instance <id>', 'target: one run, by its business key')
    .option('--actor <id>', 'target: what one actor does, and what others do on its behalf')
    .requiredOption('--reason <text>', 'why; kept in the record')
    .addHelpText(
      'after',
      '\nGive one target. --tenant without another target means the whole tenant.',
    )
}

function targetOf(
  { everything, loop, instance, actor }: TargetOptions,
  { tenant }: Context['options'],
  command: Command,
): StopTarget {
  const targets: StopTarget[] = []
  if (everything) targets.push({ everything: true })
  if (loop !== undefined) targets.push({ loopId: loop, tenant })
  if (instance !== undefined) targets.push({ aggregateId: instance, tenant })
  if (actor !== undefined) targets.push({ actorId: actor, tenant })
  // The tenant is a target only if --tenant was given, and never by default. With --everything it would mean nothing, so
  // that the two together are refused.
  const isNamed = command.getOptionValueSourceWithGlobals('tenant') === 'cli'
  if (isNamed && (targets.length === 0 || everything)) targets.push({ tenant })
  const [target] = targets
  if (target && targets.length === 1) return target
  return command.error(
    'error: name one target: --everything, --loop, --instance, --actor or --tenant',
  )
}
