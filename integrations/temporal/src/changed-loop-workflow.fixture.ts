import { sleep } from '@temporalio/workflow'

import { loopInstance as unchanged, loopSweeper } from './sandbox/loop-workflow.ts'

/** The workflow of instances with a thoughtless change: it sleeps before it listens. */
export async function loopInstance(...args: Parameters<typeof unchanged>): Promise<void> {
  await sleep(1000)
  return unchanged(...args)
}

export { loopSweeper }
