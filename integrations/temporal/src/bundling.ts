import { execArgv } from 'node:process'
import { fileURLToPath } from 'node:url'

import type { BundleOptions } from '@temporalio/worker'

/** Makes the bundler resolve packages as this process does: with the `--conditions` that Node was started with. */
export function bundleConditions(options: BundleOptions, args = execArgv): BundleOptions {
  const own = args.flatMap((arg, index) => {
    if (arg.startsWith('--conditions=')) return [arg.slice('--conditions='.length)]
    return arg === '--conditions' || arg === '-C' ? [args[index + 1] ?? ''] : []
  })
  if (own.length === 0) return options
  const { webpackConfigHook = (config) => config } = options
  return {
    ...options,
    webpackConfigHook: (given) => {
      const config = webpackConfigHook(given)
      return {
        ...config,
        resolve: { ...config.resolve, conditionNames: [...own, '...'] },
      }
    },
  }
}

/**
 * The path of a sandbox file for the bundler: the source if this process runs from source, otherwise the built file.
 */
export function sandboxFile(name: 'loop-workflow' | 'workflow-interceptors'): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./sandbox/${name}.${extension}`, import.meta.url))
}
