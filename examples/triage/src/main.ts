import { isLoopError } from '@loop-engine/sdk'

import { readOptions, usage, type Options } from './options.ts'
import { createProgress } from './progress.ts'
import { describeProposer } from './proposals/proposer.ts'
import { runTriage } from './run-triage.ts'
import { renderFaults, renderSummary } from './summary.ts'

const terminal = process.stdin.isTTY && process.stdout.isTTY
const stopping = new AbortController()
// The first signal lets the work in progress finish. The second ends the process at once, which is safe too.
const stop = (): void => {
  if (stopping.signal.aborted) process.exit(130)
  stopping.abort()
}
process.on('SIGINT', stop).on('SIGTERM', stop)
// The reader of our output may leave early, as in `npm start | head`. Any other failure to write is an error.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  process.stderr.write(
    `Standard output cannot be written (${code}): it is not whole. Nothing is lost.\n`,
  )
  process.exit(1)
})
// Without this a failing standard error would end the process with another exit code.
process.stderr.on('error', () => undefined)
process.exitCode = await main().catch(explain)

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2))
  if (options === null) return 2
  if (options.help) return say(usage, 0)
  if (!options.json) console.log(describeProposer(options.proposer))
  if (options.answers === 'leave' && !options.json) {
    console.log('Nobody is asked here: what needs a person is left waiting.')
  }
  const progress = createProgress(process.stderr)
  const outcome = await runTriage({
    options,
    abort: stopping.signal,
    onProgress: (counts) => progress.show(counts),
    onIntakeEnd: () => progress.end(),
    onError: (error) => console.error(error instanceof Error ? error.message : 'unknown error'),
  })
  if (!('counts' in outcome)) {
    const text = renderFaults(outcome.faults).join('\n')
    return say(options.json ? JSON.stringify({ verified: false, ...outcome }) : text, 5)
  }
  say(options.json ? JSON.stringify(outcome, null, 2) : renderSummary(outcome, options.data), 0)
  if (!outcome.verified) return 5
  if (outcome.interrupted) return 130
  return outcome.counts.unproposed.length > 0 ? 6 : 0
}

function optionsOf(args: readonly string[]): Options | null {
  try {
    return readOptions(args, terminal, process.env)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    return null
  }
}

function say(text: string, code: number): number {
  console.log(text)
  return code
}

/**
 * Prints an expected error as its message and hint, and returns
 * an exit code. Any other error is a bug and is thrown on.
 */
function explain(error: unknown): number {
  if (isSystemError(error)) {
    console.error(`${error.message}. Nothing is lost: remove the cause, and start again.`)
    return 1
  }
  if (!isLoopError(error)) throw error
  console.error(`${error.message} ${error.hint ?? ''}`.trim())
  if (error.code === 'corrupt') return 5
  return error.code === 'invalid_config' ? 2 : 1
}

/** Whether the error comes from the operating system, such as a full disk or an unreadable file, and is no bug. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}
