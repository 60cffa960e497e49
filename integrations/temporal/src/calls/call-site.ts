import {
  LoopError,
  sha256Hex,
  type Actor,
  type JsonObject,
  type Principal,
} from '@loop-engine/core'
import type { Info } from '@temporalio/activity'

/** One call of an activity, as Temporal identifies it. All attempts of an activity are one call. */
export interface CallSite {
  readonly namespace: string
  readonly taskQueue: string
  readonly activityType: string
  readonly activityId: string
  /** `workflowId`, `runId` and `workflowType` are absent if no workflow called. */
  readonly workflowId?: string
  readonly runId?: string
  readonly workflowType?: string
}

/**
 * Finds the actor of a call; by default the workflow, as an automation. The person who started the workflow becomes its
 * `onBehalfOf`, unless the actor has one.
 */
export type ActorOf = (site: CallSite) => Actor

/** The actor that starts the instance of a call. */
export const workerActor: Actor = Object.freeze({ type: 'automation', id: 'temporal:worker' })

export function siteOf(info: Info): CallSite {
  const { namespace, taskQueue, activityType, activityId, workflowExecution, workflowType } = info
  return {
    namespace,
    taskQueue,
    activityType,
    activityId,
    ...(workflowExecution && {
      workflowId: workflowExecution.workflowId,
      runId: workflowExecution.runId,
    }),
    ...(workflowType !== undefined && { workflowType }),
  }
}

/** The ids of a call, for its record. */
export function evidenceOf(site: CallSite): JsonObject {
  return { ...site }
}

/** The business key of a call: unique within a run of a workflow, and the same for all attempts of the call. */
export function callKey({ namespace, workflowId, runId, activityId }: CallSite): string {
  return boundedKey('activity', [namespace, workflowId ?? '', runId ?? '', activityId])
}

/** A key that people can read; hashed if it would be longer than 256 characters. */
export function boundedKey(kind: string, parts: readonly string[]): string {
  if (!parts.every((part) => part.isWellFormed()))
    throw new LoopError('invalid_input', 'An id of Temporal is not well-formed text.', {
      plugin: 'temporal',
    })
  const key = [kind, ...parts.map(encodeURIComponent)].join('/')
  return key.length <= 256 ? key : `${kind}/${sha256Hex(parts.join('\n'))}`
}

export function requesterOf(
  site: CallSite,
  caller: Principal | undefined,
  actorOf: ActorOf | undefined,
): Actor {
  const actor = actorOf?.(site) ?? {
    type: 'automation',
    id: `workflow:${site.workflowType ?? site.activityType}`.slice(0, 256),
  }
  return caller && !actor.onBehalfOf ? { ...actor, onBehalfOf: caller } : actor
}
