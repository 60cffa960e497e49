import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

import { readUrl } from './card/link.ts'
import type { SlackOptions } from './slack.ts'

const optionKeys: KnownKeys<SlackOptions> = {
  token: true,
  signingSecret: true,
  appToken: true,
  conversation: true,
  people: true,
  consoleUrl: true,
  decide: true,
  getApproval: true,
  schemaOf: true,
  secrets: true,
  appId: true,
  name: true,
  personTtlMs: true,
  timeoutMs: true,
  maxRetries: true,
  baseUrl: true,
  clock: true,
  onError: true,
}
const peopleKeys = {
  email: { by: true, principalOf: true },
  table: { by: true, table: true },
} as const

/** Throws `invalid_config` for an option that would be ignored, or that would fail at the first card or click. */
export function checkOptions(options: SlackOptions): void {
  refuse(options, optionKeys, '')
  const { conversation, consoleUrl, decide, people } = options
  if (typeof conversation !== 'function' && (typeof conversation !== 'string' || !conversation))
    throw wrong(
      '/conversation',
      'Give the id of a conversation (C…), or a function that returns one.',
    )
  if (typeof consoleUrl !== 'function') readUrl(consoleUrl)
  if (typeof decide !== 'function')
    throw wrong('/decide', 'Give a function that hands a decision to `createIntake` of the system.')
  refuse(people, { ...peopleKeys.email, ...peopleKeys.table }, '/people')
  if (!Object.hasOwn(peopleKeys, people.by)) throw wrong('/people/by', 'Write email or table.')
  refuse(people, peopleKeys[people.by], '/people')
  if (people.by === 'table' && Object(people.table) !== people.table)
    throw wrong('/people/table', 'Give an object: { U0123456789: "alice" }.')
}

function refuse(given: unknown, known: Readonly<Record<string, true>>, path: string): void {
  const what = 'createSlackChannel'
  refuseStrayKeys(given, known, { what, code: 'invalid_config', path })
}

function wrong(path: string, hint: string): LoopError {
  const message = 'createSlackChannel was given an option that it cannot use.'
  return new LoopError('invalid_config', message, { plugin: 'slack', path, hint })
}
