import { execArgv } from 'node:process'

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
