import { LoopError } from '../../errors.ts'
import { isRecord } from '../../json/is-record.ts'
import type { JsonObject } from '../../json/json.ts'
import { parseRecord } from '../../json/parse-record.ts'
import type { ApprovalRequest } from '../../model/approval.ts'
import type { LoopInstance } from '../../model/instance.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a run that a store kept as JSON text, with the columns that it keeps beside the text. Throws `corrupt` if somebody
 * changed the row in the database so that it is no run any more.
 */
export function readRun(text: string, columns: Partial<LoopInstance> = {}): LoopInstance {
  const kept = { ...parseRecord(text), ...columns }
  if (isRun(kept)) return kept as unknown as LoopInstance
  throw changed('run', kept, 'runId')
}

/**
 * Reads a request that a store kept as JSON text, with the messages that channels posted. Throws `corrupt` if it is no
 * request any more. Whether it says what was asked is for its readers to check against the record.
 */
export function readRequest(text: string, messages: string | null): ApprovalRequest {
  const kept = parseRecord(text) ?? {}
  if (!isRequest(kept)) throw changed('approval request', kept, 'id')
  const request = kept as unknown as ApprovalRequest
  if (messages === null) return request
  return { ...request, messages: { ...request.messages, ...readMessages(messages) } }
}

/** Reads what channels posted about a request, by their names. Throws `corrupt`. */
export function readMessages(text: string): JsonObject {
  const kept = parseRecord(text)
  if (kept) return kept
  throw changed('message of an approval request')
}

/** Reads the subtrees of a log. Throws `corrupt`. */
export function readFrontier(text: string): readonly string[] {
  try {
    const kept: unknown = JSON.parse(text)
    if (areTexts(kept)) return kept as readonly string[]
  } catch {
    // It is not even JSON.
  }
  throw changed('head of a log')
}

function isRun(run: Fields): boolean {
  return (
    hasTexts(run, 'tenant', 'runId', 'aggregateId', 'loopId', 'currentState', 'status', 'head') &&
    hasNumbers(run, 'version', 'stateVersion', 'transitions', 'openApprovals') &&
    hasNumbers(run, 'createdAt', 'updatedAt') &&
    hasTexts(run['definition'], 'version', 'digest') &&
    isRecord(run['metadata']) &&
    areTexts(run['tags'])
  )
}

function isRequest(request: Fields): boolean {
  const { policy, view, evidence } = request
  return (
    hasTexts(request, 'id', 'tenant', 'runId', 'aggregateId', 'loopId', 'transitionId') &&
    hasTexts(request, 'actionDigest', 'viewHash', 'salt', 'status') &&
    hasNumbers(request, 'revision', 'stateVersion', 'stage', 'createdAt', 'expiresAt') &&
    hasTexts(request['requester'], 'type', 'id') &&
    isRecord(policy) &&
    areAll(policy['stages'], (stage) => isRecord(stage) && areTexts(stage['reviewers'])) &&
    isRecord(view) &&
    areAll(view['fields'], isRecord) &&
    areAll(request['decisions'], (one) => isRecord(one) && hasTexts(one['reviewer'], 'id')) &&
    areAll(request['delegations'], (one) => hasTexts(one, 'from', 'to')) &&
    areTexts(request['escalated']) &&
    areAll(request['guards'], isRecord) &&
    isRecord(request['messages']) &&
    (evidence === null || isRecord(evidence))
  )
}

function hasTexts(value: unknown, ...names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === 'string')
}

function hasNumbers(value: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'number')
}

function areTexts(value: unknown): boolean {
  return areAll(value, (one) => typeof one === 'string')
}

function areAll(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne)
}

function changed(what: string, kept: Fields = {}, name = ''): LoopError {
  const id = kept[name]
  return new LoopError('corrupt', `A stored ${what} cannot be read: it was changed.`, {
    ...(typeof id === 'string' && { details: { [name]: id } }),
    hint: 'Restore the store from a backup; an export shows what it held.',
  })
}
