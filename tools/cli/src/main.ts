#!/usr/bin/env node
import { hideExperimental } from './hide-experimental.ts'

hideExperimental(process)
// Only now: Node says so as it loads what it calls experimental.
const { runLoop } = await import('./run-loop.ts')
// Whoever reads us may leave early, as in `loop list | head`: the exit code says how the command ended all the same.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  process.stderr.write(`error Standard output cannot be written (${code}): it is not whole.\n`)
  process.exit(1)
})
// What was to be said of an error is lost then; its exit code is not.
process.stderr.on('error', () => undefined)
// Questions to a person are painted by a library that has no option for it.
if (process.argv.includes('--no-color')) process.env['FORCE_COLOR'] = '0'
process.exitCode = await runLoop(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
})
