import { fileURLToPath } from 'node:url'

import { DefaultLogger, Runtime, Worker, type BundleOptions } from '@temporalio/worker'

import { bundleConditions } from './bundling.ts'
import { createTemporalPlugin } from './index.ts'

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
})

const sources = {
  instance: './sandbox/loop-workflow.ts',
  changedInstance: './changed-loop-workflow.fixture.ts',
  ours: './workflows.fixture.ts',
  changed: './changed-workflows.fixture.ts',
}

/** Replays a history against today's code, or against code that was changed on purpose. Throws when they disagree. */
export async function replay(history: unknown, name: string, changed = false): Promise<void> {
  const [ours, theirs] = name.startsWith('instance')
    ? [sources.instance, sources.changedInstance]
    : [sources.ours, sources.changed]
  const source = changed ? theirs : ours
  const conditions = {
    name: 'conditions',
    configureBundler: (options: BundleOptions) =>
      bundleConditions(options, ['--conditions=@loop-engine/source']),
  }
  await Worker.runReplayHistory(
    {
      workflowsPath: fileURLToPath(new URL(source, import.meta.url)),
      plugins: [createTemporalPlugin({}), conditions],
    },
    history,
  )
}
