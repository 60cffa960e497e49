import { execArgv } from 'node:process'
import { fileURLToPath } from 'node:url'

import type { BundleOptions } from '@temporalio/worker'

/** Lets a bundle see packages as this process does: under the conditions that Node was started with. */
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

/** Where code of a workflow is. The bundler reads a file: the source under a loader of TypeScript, what was built otherwise. */
export function sandboxFile(name: 'loop-workflow' | 'workflow-interceptors'): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./sandbox/${name}.${extension}`, import.meta.url))
}
