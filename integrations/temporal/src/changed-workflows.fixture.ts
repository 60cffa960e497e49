import { proxyActivities, sleep } from '@temporalio/workflow'

import { release as unchanged, renewed } from './workflows.fixture.ts'

// Workflows with thoughtless changes, which running workflows cannot survive.

const { pay } = proxyActivities<{ pay(payment: unknown): Promise<string> }>({
  startToCloseTimeout: '10s',
})

/** No longer looks before it pays. */
export async function payment(input: unknown): Promise<string> {
  return pay(input)
}

/** Sleeps before it asks. */
export async function release(...args: Parameters<typeof unchanged>): Promise<unknown> {
  await sleep('1h')
  return unchanged(...args)
}

export { renewed }
