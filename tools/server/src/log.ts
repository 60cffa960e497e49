import { isLoopError } from '@loop-engine/core'
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Writes one JSON line for each message. The server never hands it bodies, queries, headers or credentials. */
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
    // Protects what an application logs with it.
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

/** What may be logged of an error. The message of an error that is not ours is left out: it may quote data. */
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
