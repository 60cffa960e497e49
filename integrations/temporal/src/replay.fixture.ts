import { fileURLToPath } from 'node:url'

import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type BundleOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'

import { bundleConditions } from './bundling.ts'
import { createTemporalPlugin } from './index.ts'

const logger = new DefaultLogger('ERROR')
Runtime.install({
  logger,
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
})

const sources = {
  instance: './sandbox/loop-workflow.ts',
  changedInstance: './changed-loop-workflow.fixture.ts',
  ours: './workflows.fixture.ts',
  changed: './changed-workflows.fixture.ts',
}

/** Replays a history against today's code, or against code that was changed on purpose. Throws if they disagree. */
export async function replay(history: unknown, name: string, changed = false): Promise<void> {
  const [ours, theirs] = name.startsWith('instance')
    ? [sources.instance, sources.changedInstance]
    : [sources.ours, sources.changed]
  const workflowBundle = await bundleOf(changed ? theirs : ours)
  await Worker.runReplayHistory({ workflowBundle, plugins: [createTemporalPlugin({})] }, history)
}

/** Bundling takes far longer than a replay. */
const bundles = new Map<string, Promise<WorkflowBundleWithSourceMap>>()

function bundleOf(source: string): Promise<WorkflowBundleWithSourceMap> {
  const bundle = bundles.get(source) ?? bundleNow(source)
  bundles.set(source, bundle)
  return bundle
}

function bundleNow(source: string): Promise<WorkflowBundleWithSourceMap> {
  const conditions = {
    name: 'conditions',
    configureBundler: (options: BundleOptions) =>
      bundleConditions(options, ['--conditions=@loop-engine/source']),
  }
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(source, import.meta.url)),
    plugins: [createTemporalPlugin({}), conditions],
    logger,
  })
}
