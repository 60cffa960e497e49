import { retainRecords } from '@loop-engine/observability'
import { LoopError } from '@loop-engine/sdk'

import type { AddCommand } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { readKeys, readSigner, withSigner, type SignerOptions } from '../note-keys.ts'
import { repeatable } from '../repeatable.ts'
import { withSession } from '../session.ts'

interface RetainOptions extends SignerOptions {
  readonly before: string
  readonly dryRun: boolean
  readonly trust: readonly string[]
}

export const addRetain: AddCommand = (program, act) => {
  const purpose = 'first bring the log up to date and sign it with the private key in this file'
  withSigner(program.command('retain'), purpose)
    .description('drop old entries of runs that have ended, and keep the proofs of these entries')
    .requiredOption(
      '--before <date>',
      'drop entries of runs that ended before this day (2026-01-01) or time (2026-01-01T12:00Z)',
    )
    .option('--dry-run', 'say what would be dropped, and drop nothing', false)
    .addOption(
      repeatable(
        '--trust <file>',
        'file with a public key; the log must be signed by one of them; may be repeated',
      ),
    )
    .action(
      act(async ({ options, output }, chosen: RetainOptions) => {
        const before = readDate(chosen.before)
        const keys = await readKeys(chosen.trust)
        const signer = await readSigner(chosen)
        return withSession(options, async ({ store, tenant }) => {
          const { dryRun } = chosen
          const report = await retainRecords({
            store,
            tenant,
            before,
            dryRun,
            ...(keys.length > 0 && { keys }),
            ...(signer && { signer }),
          })
          const time = new Date(before).toISOString()
          output.result({ ...report, before: time, dryRun }, describe(report, time, dryRun))
          return report.kept.damaged === 0 ? exitCodes.ok : exitCodes.unverified
        })
      }),
    )
}

function describe(
  { runs, entries, partitions, kept }: Awaited<ReturnType<typeof retainRecords>>,
  before: string,
  dryRun: boolean,
): string {
  const what = `${entries} entries of ${runs} runs that ended before ${before}`
  const whole = partitions > 0 ? `, ${partitions} whole partitions among them` : ''
  return [
    dryRun ? `Would drop ${what}.` : `Dropped ${what}${whole}; their proofs are kept.`,
    ...(kept.unsigned > 0
      ? [`  kept: ${kept.unsigned} runs that no signed checkpoint covers; --key signs one`]
      : []),
    ...(kept.undelivered > 0
      ? [`  kept: ${kept.undelivered} runs with deliveries that are not finished`]
      : []),
    ...(kept.damaged > 0
      ? [`  kept: ${kept.damaged} runs that are not as they were logged; see loop verify --deep`]
      : []),
  ].join('\n')
}

/** Reads a day, which begins at midnight UTC, or a time in UTC. */
function readDate(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text)
  const before = isDate ? Date.parse(text) : NaN
  // Date.parse reads 30 February as 2 March, so that more would be dropped than was meant.
  const isThatDay =
    !Number.isNaN(before) && new Date(before).toISOString().startsWith(text.slice(0, 10))
  if (isThatDay && before <= Date.now()) return before
  if (isThatDay)
    throw new LoopError('invalid_config', 'The date of --before is in the future.', {
      hint: 'Name a day in the past.',
    })
  throw new LoopError('invalid_config', 'The date of --before cannot be read.', {
    hint: 'Write it as 2026-01-01 or 2026-01-01T12:00Z.',
  })
}
