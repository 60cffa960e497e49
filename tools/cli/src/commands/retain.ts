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
  const purpose = 'bring the log up to date and sign it with this private key first'
  withSigner(program.command('retain'), purpose)
    .description('drop old entries of closed runs, and keep the proof that they were')
    .requiredOption('--before <date>', 'of runs that ended before it: 2026-01-01, or a time in UTC')
    .option('--dry-run', 'say what would go, and drop nothing', false)
    .addOption(repeatable('--trust <file>', 'a public key that must have signed; may be repeated'))
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
    ...(kept.undelivered > 0 ? [`  kept: ${kept.undelivered} runs with deliveries to come`] : []),
    ...(kept.damaged > 0
      ? [`  kept: ${kept.damaged} runs that are not as they were logged; see loop verify --deep`]
      : []),
  ].join('\n')
}

/** A day begins at midnight UTC; a time says its zone. */
function readDate(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text)
  const before = isDate ? Date.parse(text) : NaN
  // The 30th of February would be the 2nd of March, and more would go than was meant.
  const isThatDay =
    !Number.isNaN(before) && new Date(before).toISOString().startsWith(text.slice(0, 10))
  if (isThatDay && before <= Date.now()) return before
  if (isThatDay)
    throw new LoopError('invalid_config', 'The date of --before is in the future.', {
      hint: 'Name a day that has been: entries do not go before their time.',
    })
  throw new LoopError('invalid_config', 'The date of --before cannot be read.', {
    hint: 'Write it as 2026-01-01 or 2026-01-01T12:00Z.',
  })
}
