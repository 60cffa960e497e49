import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { LoopError } from '@loop-engine/sdk'
import type { LoopServerOptions } from '@loop-engine/server'

import { pluginShapes, type PluginName } from './plugin-shapes.ts'

type Plugins = Pick<LoopServerOptions, PluginName>

/** Imports the plugins that a module of the operator adds to the server. The module has all rights of the server. */
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
      // `channels` may be a function, but the function must return a list and not another function.
      check(path, 'channels', typeof made === 'function' ? undefined : made)
      return made
    },
  }
}

function check(path: string, name: string, value: unknown): void {
  if (!isKnown(name)) {
    const message = `The module ${path} exports ${name}, which the server does not use.`
    throw new LoopError('invalid_config', message, {
      hint: `It may export ${Object.keys(pluginShapes).join(', ')}.`,
    })
  }
  const { expected, fits } = pluginShapes[name]
  if (fits(value)) return
  throw new LoopError('invalid_config', `The module ${path} exports ${name} of the wrong kind.`, {
    hint: `Export ${name} as ${expected}.`,
  })
}

function isKnown(name: string): name is PluginName {
  return Object.hasOwn(pluginShapes, name)
}
