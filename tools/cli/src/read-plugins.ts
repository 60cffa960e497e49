import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { LoopError } from '@loop-engine/sdk'
import type { LoopServerOptions } from '@loop-engine/server'

import { pluginShapes, type PluginName } from './plugin-shapes.ts'

type Plugins = Pick<LoopServerOptions, PluginName>

/** What a module of the operator adds to the server. It runs with all rights of the server, as any code in it. */
export async function readPlugins(path: string | undefined): Promise<Plugins> {
  if (path === undefined) return {}
  const found = (await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new LoopError('invalid_config', `The module ${path} cannot be loaded. ${why}`, { cause })
  })) as Record<string, unknown>
  for (const [name, value] of Object.entries(found)) check(path, name, value)
  const plugins = found as Plugins
  const { channels } = plugins
  if (typeof channels !== 'function') return plugins
  return {
    ...plugins,
    channels: (host) => {
      const made = channels(host)
      // A function fits the name too; what it makes must be a list.
      check(path, 'channels', typeof made === 'function' ? undefined : made)
      return made
    },
  }
}

function check(path: string, name: string, value: unknown): void {
  if (!isKnown(name)) {
    const message = `The module ${path} exports what nobody asks for: ${name}.`
    throw new LoopError('invalid_config', message, {
      hint: `It may export ${Object.keys(pluginShapes).join(', ')}.`,
    })
  }
  const { expected, fits } = pluginShapes[name]
  if (fits(value)) return
  throw new LoopError('invalid_config', `The module ${path} exports ${name} of a wrong kind.`, {
    hint: `Export ${name} as ${expected}.`,
  })
}

function isKnown(name: string): name is PluginName {
  return Object.hasOwn(pluginShapes, name)
}
