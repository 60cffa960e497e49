import {
  parseDuration,
  type ApprovalRequest,
  type LoopInstance,
  type State,
  type StoredEntry,
} from '@loop-engine/core'

import type { Order } from '../judging/decide/ruling.ts'
import { callbackChannel } from '../judging/open-request.ts'
import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'

/** Puts an order of an entry into the same commit. */
export function enqueueOrder(change: Change, order: Order, seq: number, at: number): void {
  const { runId } = change.instance
  switch (order.kind) {
    case 'effect':
      return change.enqueue({
        id: order.effect.id,
        lane: `effect:${runId}`,
        kind: 'effect',
        name: order.effect.integration,
        payload: order.input,
        dueAt: at,
      })
    case 'cancel-timeout':
      return change.cancel(stateTimer(runId, order.stateVersion))
    case 'state-timeout': {
      const id = stateTimer(runId, seq)
      return change.enqueue({
        id,
        lane: id,
        kind: 'timer',
        name: 'state-timeout',
        payload: '{}',
        dueAt: at + parseDuration(order.after),
      })
    }
  }
}

/** Restarts the timer of a state after a change of status or definition. An active run gets the whole time again. */
export function restartTimeout(
  change: Change,
  before: LoopInstance,
  timeout: State['timeout'],
  { seq, at }: StoredEntry,
): void {
  change.cancel(stateTimer(before.runId, before.stateVersion))
  if (timeout && change.instance.status === 'active')
    enqueueOrder(change, { kind: 'state-timeout', ...timeout }, seq, at)
}

/** The id of the timer of a state, by the entry that entered it; deterministic, so that leaving the state can cancel it. */
export function stateTimer(runId: string, stateVersion: number): string {
  return `${runId}:${stateVersion}:timeout`
}

/** Tells the channels, and sets the timers of a request. */
export function enqueueApproval(change: Change, request: ApprovalRequest, kernel: Kernel): void {
  const { policy, createdAt } = request
  enqueueNotices(change, request, 'requested', kernel)
  const timer = (name: string, dueAt: number, index = 0): void => {
    const id = approvalTimer(request.id, name, index)
    change.enqueue({
      id,
      lane: id,
      kind: 'timer',
      name,
      payload: JSON.stringify({ requestId: request.id, index }),
      dueAt,
    })
  }
  timer('approval-expiry', request.expiresAt)
  if (policy.remindEvery)
    timer('approval-reminder', createdAt + parseDuration(policy.remindEvery), 1)
  policy.escalate?.forEach(({ after }, index) =>
    timer('approval-escalation', createdAt + parseDuration(after), index),
  )
}

/** The id of a request's timer; deterministic, so that it can be cancelled with the request. */
export function approvalTimer(requestId: string, name: string, index = 0): string {
  return `${requestId}:${name}:${index}`
}

/**
 * Tells every channel that the policy names (or all of them if it names none) of a change of a request, in order. `number`
 * tells notices about the same version apart, such as reminders, so that a channel does not take them for repetitions.
 */
export function enqueueNotices(
  change: Change,
  request: ApprovalRequest,
  occasion: string,
  kernel: Kernel,
  number?: number,
): void {
  const named = request.policy.channels ?? [...kernel.channels.keys()]
  // A change is also told where an escalation, or a process with more channels than this one, posted the request.
  const isRepaint = occasion !== 'reminder' && occasion !== 'escalated'
  const posted = isRepaint ? [...Object.keys(request.messages), ...escalatedTo(request)] : []
  const told = new Set([...named, ...posted])
  const people = [...told].filter((name) => name !== callbackChannel)
  const isAwaited = callbackChannel in request.messages && request.status !== 'pending'
  const names = isAwaited ? [...people, callbackChannel] : people
  const { version, updatedAt } = change.instance
  const place = number === undefined ? `${version}` : `${version}:${number}`
  for (const name of names) {
    change.enqueue({
      id: `${request.id}:${name}:${occasion}:${place}`,
      lane: `notify:${name}:${request.id}`,
      kind: 'notify',
      name,
      payload: JSON.stringify({ requestId: request.id, occasion }),
      dueAt: updatedAt,
    })
  }
}

/** The channels of the escalations so far: one may be posting now, with no message on record yet. */
function escalatedTo({ policy, escalated }: ApprovalRequest): readonly string[] {
  return (policy.escalate ?? [])
    .filter(({ reviewers }) => reviewers.every((each) => escalated.includes(each)))
    .flatMap(({ channels }) => channels ?? [])
}
