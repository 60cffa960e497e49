import {
  humanGate,
  type GatePassage,
  type TokenTrust,
} from '@loop-engine/integration-temporal/workflow'
import { proxyActivities } from '@temporalio/workflow'

interface Activities {
  payOnce(amount: number): Promise<string>
  payAgain(amount: number): Promise<string>
}

const activities = proxyActivities<Activities>({
  startToCloseTimeout: '3s',
  retry: { initialInterval: '50ms' },
})

export async function buy(how: keyof Activities, amount: number): Promise<string> {
  return activities[how](amount)
}

export async function release(version: string, trust: TokenTrust): Promise<GatePassage> {
  return humanGate({ gate: 'release', input: { version }, trust })
}
