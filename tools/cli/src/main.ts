#!/usr/bin/env node
import { hideExperimental } from './hide-experimental.ts'

hideExperimental(process)
// Imported only now: Node warns while it loads an experimental module, and the warning must be hidden before that.
const { runLoop } = await import('./run-loop.ts')
// The reader of the output may leave early, as in `loop list | head`. The exit code still says how the command ended.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  process.stderr.write(
    `error Standard output cannot be written (${code}): the output is incomplete.\n`,
  )
  process.exit(1)
})
// If standard error cannot be written, the message is lost, but the exit code still tells of the error.
process.stderr.on('error', () => undefined)
// The library that asks questions takes colours from the environment only.
if (process.argv.includes('--no-color')) process.env['FORCE_COLOR'] = '0'
process.exitCode = await runLoop(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
})
