export { runLoop, type RunOptions } from './run-loop.ts'
export { exitCodes, type ExitCode } from './exit-codes.ts'
