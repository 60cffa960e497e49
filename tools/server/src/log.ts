import { isLoopError } from '@loop-engine/core'
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** One JSON line a message. Bodies, queries, headers and credentials are never handed to it. */
export function createLogger({
  level = 'info',
  destination,
}: {
  readonly level?: string
  readonly destination?: DestinationStream
}): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    // A second lock, for what an application adds.
    redact: {
      paths: [
        'authorization',
        'cookie',
        'secret',
        'token',
        '*.authorization',
        '*.cookie',
        '*.secret',
        '*.token',
      ],
    },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** What a log may know of an error: a foreign message can quote what it was given. */
export function faultOf(error: unknown): Record<string, unknown> {
  if (isLoopError(error))
    return {
      code: error.code,
      message: error.message,
      plugin: error.plugin,
      frames: framesOf(error),
    }
  if (error instanceof Error) return { name: error.name, frames: framesOf(error) }
  return { name: typeof error }
}

function framesOf({ stack = '' }: { readonly stack?: string }): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
}
