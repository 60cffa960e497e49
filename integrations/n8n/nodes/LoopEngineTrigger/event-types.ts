import type { INodePropertyOptions } from 'n8n-workflow'

/** The events to choose from; a value is an event's type without `dev.loop-engine.` and `.v1`. */
export const eventOptions: INodePropertyOptions[] = [
  { name: 'Any Event', value: '*' },
  { name: 'Approval Approved', value: 'loop.approval.approved' },
  { name: 'Approval Decided', value: 'loop.approval.decided' },
  { name: 'Approval Escalated', value: 'loop.approval.escalated' },
  { name: 'Approval Expired', value: 'loop.approval.expired' },
  { name: 'Approval Rejected', value: 'loop.approval.rejected' },
  { name: 'Approval Requested', value: 'loop.approval.requested' },
  { name: 'Approval Superseded', value: 'loop.approval.superseded' },
  { name: 'Effect Failed', value: 'loop.effect.failed' },
  { name: 'Effect Outcome Unknown', value: 'loop.effect.unknown' },
  { name: 'Effect Started', value: 'loop.effect.started' },
  { name: 'Effect Succeeded', value: 'loop.effect.succeeded' },
  { name: 'Evidence Erased', value: 'loop.evidence.erased' },
  { name: 'Guard Failed', value: 'loop.guard.failed' },
  { name: 'Run Cancelled', value: 'loop.cancelled' },
  { name: 'Run Completed', value: 'loop.completed' },
  { name: 'Run Failed', value: 'loop.failed' },
  { name: 'Run Migrated', value: 'loop.migrated' },
  { name: 'Run Resumed', value: 'loop.resumed' },
  { name: 'Run Started', value: 'loop.started' },
  { name: 'Run Suspended', value: 'loop.suspended' },
  { name: 'Stop Pulled', value: 'loop.stopped' },
  { name: 'Stop Released', value: 'loop.released' },
  { name: 'Transition Blocked', value: 'loop.transition.blocked' },
  { name: 'Transition Executed', value: 'loop.transition.executed' },
  { name: 'Transition Rejected', value: 'loop.transition.rejected' },
]

/** Whether an event's type is among the wanted ones. */
export function isWanted(type: unknown, wanted: readonly string[]): boolean {
  return (
    typeof type === 'string' &&
    wanted.some((name) => name === '*' || type === `dev.loop-engine.${name}.v1`)
  )
}
