import { sleep } from '@temporalio/workflow'

import { loopInstance as unchanged, loopSweeper } from './sandbox/loop-workflow.ts'

/** Sleeps before it listens: what somebody might do to the workflow of instances without a second thought. */
export async function loopInstance(...args: Parameters<typeof unchanged>): Promise<void> {
  await sleep(1000)
  return unchanged(...args)
}

export { loopSweeper }
