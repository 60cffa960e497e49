import {
  Worker,
  type BundlerPlugin,
  type WorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker'

import { bundleConditions, sandboxFile } from '../bundling.ts'

/** Runs a worker for the workflows of instances; what it returns lets it finish, and ends it. */
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
  // Seen by whoever closes; until then a worker that fails must not end the process.
  running.catch(() => {})
  return async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
    await running
  }
}
