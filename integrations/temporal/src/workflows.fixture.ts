import {
  humanGate,
  type GatePassage,
  type TokenTrust,
} from '@loop-engine/integration-temporal/workflow'
import { continueAsNew, proxyActivities } from '@temporalio/workflow'

interface Payment {
  readonly to: string
  readonly amount: number
}
interface Activities {
  pay(payment: Payment): Promise<string>
  look(): Promise<string>
}

const { pay, look } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', maximumAttempts: 5 },
})

export async function payment(input: Payment): Promise<string> {
  await look()
  return pay(input)
}

export async function release(input: { version: string }, trust: TokenTrust): Promise<GatePassage> {
  return humanGate({ gate: 'release', input, trust })
}

/** Continues as new while people decide, as a workflow with a long history does. */
export async function renewed(
  input: { version: string },
  trust: TokenTrust,
  round = 0,
): Promise<GatePassage> {
  const passage = await humanGate({
    gate: 'release',
    input,
    trust,
    ...(round === 0 && { patienceMs: 1000 }),
  })
  if (passage.status === 'waiting') return continueAsNew<typeof renewed>(input, trust, round + 1)
  return passage
}
