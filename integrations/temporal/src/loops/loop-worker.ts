import {
  Worker,
  type BundlerPlugin,
  type WorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker'

import { bundleConditions, sandboxFile } from '../bundling.ts'

/** Runs a worker for the workflows of instances. Returns a function that lets the worker finish and shuts it down. */
export async function startLoopWorker(options: WorkerOptions): Promise<() => Promise<void>> {
  const bundling: WorkerPlugin & BundlerPlugin = {
    name: 'loop-engine-bundle',
    configureBundler: (bundle) => bundleConditions(bundle),
  }
  const worker = await Worker.create({
    ...options,
    workflowsPath: sandboxFile('loop-workflow'),
    plugins: [...(options.plugins ?? []), bundling],
  })
  const running = worker.run()
  // The returned function rejects with a failure of the worker; until it is called, that must not end the process.
  running.catch(() => {})
  return async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
    await running
  }
}
