#!/usr/bin/env node
import { runLoop } from './run-loop.ts'

// Whoever reads us may leave early: `loop list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
// What was to be said of an error is lost then; its exit code is not.
process.stderr.on('error', () => undefined)
process.exitCode = await runLoop(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
})
