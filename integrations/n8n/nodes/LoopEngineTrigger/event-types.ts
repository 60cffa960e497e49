import type { INodePropertyOptions } from 'n8n-workflow'

/** What an event's type begins with, after `dev.loop-engine.`. */
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
  { name: 'Effect Succeeded', value: 'loop.effect.succeeded' },
  { name: 'Guard Failed', value: 'loop.guard.failed' },
  { name: 'Run Cancelled', value: 'loop.cancelled' },
  { name: 'Run Completed', value: 'loop.completed' },
  { name: 'Run Failed', value: 'loop.failed' },
  { name: 'Run Started', value: 'loop.started' },
  { name: 'Transition Blocked', value: 'loop.transition.blocked' },
  { name: 'Transition Executed', value: 'loop.transition.executed' },
  { name: 'Transition Rejected', value: 'loop.transition.rejected' },
]

/** Whether somebody who asked for these wants an event of this type. */
export function isWanted(type: unknown, wanted: readonly string[]): boolean {
  return (
    typeof type === 'string' &&
    wanted.some((name) => name === '*' || type === `dev.loop-engine.${name}.v1`)
  )
}
