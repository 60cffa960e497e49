import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { LoopError } from '@loop-engine/sdk'
import type { LoopServerOptions } from '@loop-engine/server'

type Plugins = Pick<
  LoopServerOptions,
  | 'integrations'
  | 'channels'
  | 'guards'
  | 'sinks'
  | 'directory'
  | 'signer'
  | 'callbacks'
  | 'telemetry'
>

const names = [
  'integrations',
  'channels',
  'guards',
  'sinks',
  'directory',
  'signer',
  'callbacks',
  'telemetry',
] as const

/** What a module of the operator adds to the server. It runs with all rights of the server, as any code in it. */
export async function readPlugins(path: string | undefined): Promise<Plugins> {
  if (path === undefined) return {}
  const found = (await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new LoopError('invalid_config', `The module ${path} cannot be loaded. ${why}`, { cause })
  })) as Record<string, unknown>
  const unknown = Object.keys(found).find((name) => !names.some((known) => known === name))
  if (unknown !== undefined)
    throw new LoopError(
      'invalid_config',
      `The module ${path} exports what nobody asks for: ${unknown}.`,
      {
        hint: `It may export ${names.join(', ')}.`,
      },
    )
  return found as Plugins
}
