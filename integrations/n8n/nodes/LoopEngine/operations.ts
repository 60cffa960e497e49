import type { DecisionResult, Instance, TransitionResult } from '@loop-engine/client'
import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow'

import type { CommandKeys } from '../../lib/command-key.ts'
import { isTool } from '../../lib/is-tool.ts'
import { objectParameter } from '../../lib/object-parameter.ts'
import { callServer, segment } from '../../lib/server-call.ts'
import { requiredText, textParameter } from '../../lib/text-parameter.ts'

/** Makes the outputs for one item: several if the operation lists. */
export type Operation = (
  context: IExecuteFunctions,
  itemIndex: number,
  keys: CommandKeys,
) => Promise<readonly object[]>

const start: Operation = async (context, itemIndex, keys) => {
  const evidence = objectParameter(context, 'evidence', itemIndex)
  const body: IDataObject = {
    loopId: requiredText(context, 'loopId', itemIndex),
    aggregateId: requiredText(context, 'aggregateId', itemIndex),
    ...(evidence && Object.keys(evidence).length > 0 && { evidence }),
  }
  const idempotencyKey = keys.keyOf(itemIndex, { start: body })
  return [
    await callServer<Instance>(context, {
      method: 'POST',
      path: '/instances',
      body,
      idempotencyKey,
      itemIndex,
    }),
  ]
}

const transition: Operation = async (context, itemIndex, keys) => {
  const aggregateId = requiredText(context, 'aggregateId', itemIndex)
  const body: IDataObject = {
    transition: requiredText(context, 'transition', itemIndex),
    evidence: objectParameter(context, 'evidence', itemIndex) ?? {},
  }
  const result = await callServer<TransitionResult>(context, {
    method: 'POST',
    path: `/instances/${segment(aggregateId)}/transitions`,
    body,
    idempotencyKey: keys.keyOf(itemIndex, { aggregateId, ...body }),
    itemIndex,
  })
  const mayGoOn =
    result.status === 'executed' ||
    isTool(context) ||
    context.getNodeParameter('whenNotExecuted', itemIndex, 'error') === 'output'
  if (mayGoOn) return [result]
  // The nodes behind this one must not run after a refusal.
  throw new NodeOperationError(context.getNode(), `Not executed: ${result.status}.`, {
    itemIndex,
    description:
      result.status === 'pending_approval'
        ? 'People decide first. The node Loop Engine Approval waits for them.'
        : `The reason is ${result.reason}.`,
  })
}

const get: Operation = async (context, itemIndex) => {
  const aggregateId = requiredText(context, 'aggregateId', itemIndex)
  const path = `/instances/${segment(aggregateId)}`
  return [await callServer<Instance>(context, { method: 'GET', path, itemIndex })]
}

const find: Operation = async (context, itemIndex) => {
  const filters = context.getNodeParameter('filters', itemIndex, {}) as IDataObject
  const isAll = context.getNodeParameter('returnAll', itemIndex, false) === true
  const limit = isAll ? Infinity : Number(context.getNodeParameter('limit', itemIndex, 50))
  const named = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''))
  const found: Instance[] = []
  let cursor: string | undefined
  do {
    const page: { items: Instance[]; cursor?: string } = await callServer(context, {
      method: 'GET',
      path: '/instances',
      query: { ...named, limit: Math.min(limit - found.length, 200), ...(cursor && { cursor }) },
      itemIndex,
    })
    found.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined && found.length < limit)
  return found
}

const available: Operation = async (context, itemIndex) => {
  const aggregateId = requiredText(context, 'aggregateId', itemIndex)
  const { items } = await callServer<{ items: object[] }>(context, {
    method: 'POST',
    path: `/instances/${segment(aggregateId)}/available`,
    body: { evidence: objectParameter(context, 'evidence', itemIndex) ?? {} },
    itemIndex,
  })
  return items
}

const decide: Operation = async (context, itemIndex, keys) => {
  const approvalId = requiredText(context, 'approvalId', itemIndex)
  const reason = textParameter(context, 'reason', itemIndex).trim()
  const body: IDataObject = {
    decision: requiredText(context, 'decision', itemIndex),
    revision: Number(context.getNodeParameter('revision', itemIndex)),
    viewHash: requiredText(context, 'viewHash', itemIndex),
    ...(reason !== '' && { reason }),
  }
  return [
    await callServer<DecisionResult>(context, {
      method: 'POST',
      path: `/approvals/${segment(approvalId)}/decisions`,
      body,
      idempotencyKey: keys.keyOf(itemIndex, { approvalId, ...body }),
      itemIndex,
    }),
  ]
}

export const operations: Readonly<Record<string, Operation>> = {
  'run:start': start,
  'run:transition': transition,
  'run:get': get,
  'run:find': find,
  'run:available': available,
  'approval:decide': decide,
}
