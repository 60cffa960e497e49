import { LoopError, refuseStrayKeys, type KnownKeys, type LoopStore } from '@loop-engine/core'
import { checkRedaction } from '@loop-engine/runtime'

import type { LoopSystemOptions } from './create-loop-system.ts'

const keys: KnownKeys<LoopSystemOptions> = {
  loops: true,
  store: true,
  guards: true,
  channels: true,
  integrations: true,
  sinks: true,
  identity: true,
  redaction: true,
  limits: true,
  clock: true,
  ids: true,
  elapsedUs: true,
  relay: true,
  telemetry: true,
  onError: true,
}

/** The methods that the engine and the relay call. */
const storeMethods: readonly (keyof LoopStore)[] = [
  'open',
  'commit',
  'get',
  'getRun',
  'find',
  'entries',
  'lastExecuted',
  'approval',
  'approvals',
  'keepMessage',
  'idempotency',
  'counter',
  'spentBy',
  'stops',
  'putDefinition',
  'definition',
  'delivery',
  'claim',
  'settle',
  'extend',
  'nextDueAt',
  'deadLetters',
  'revive',
  'prune',
  'close',
]

/** The latest time that a `Date` can hold, in milliseconds since 1970. */
const latest = 8.64e15

/**
 * Throws `invalid_config` for an option that would be ignored, and for a plugin that lacks a method which is called at
 * run time: a typo must not switch anything off.
 */
export function checkOptions(options: LoopSystemOptions): void {
  refuseStrayKeys(options, keys, { what: 'createLoopSystem', code: 'invalid_config' })
  const { loops, guards = [], channels = [], integrations = [], sinks = [] } = options
  for (const [key, list] of Object.entries({ loops, guards, channels, integrations, sinks }))
    if (!Array.isArray(list)) throw wrong(`/${key}`, 'Give a list.')

  const { store, telemetry, clock, ids, redaction, relay = true } = options
  if (store !== undefined) checkPlugin(store, '/store', 'store/v1', storeMethods)
  if (telemetry !== undefined) checkPlugin(telemetry, '/telemetry', 'telemetry/v1', ['recorded'])
  for (const [index, channel] of channels.entries())
    checkPlugin(channel, `/channels/${index}`, 'channel/v1', ['notify'])
  for (const [index, sink] of sinks.entries())
    checkPlugin(sink, `/sinks/${index}`, 'sink/v1', ['publish'])
  for (const [index, integration] of integrations.entries()) {
    const path = `/integrations/${index}`
    checkPlugin(integration, path, 'integration/v1', [])
    checkMethods(integration.actions, `${path}/actions`, [])
    for (const [name, action] of Object.entries(integration.actions)) {
      checkMethods(action, `${path}/actions/${name}`, ['run'])
      checkMethods(action.input, `${path}/actions/${name}/input`, ['parse'])
    }
  }
  if (clock !== undefined) {
    checkMethods(clock, '/clock', ['now', 'sleep'])
    const now = clock.now()
    if (!Number.isSafeInteger(now) || now < 0 || now > latest)
      throw wrong('/clock/now', 'It must return whole milliseconds since 1970.')
    const woken: unknown = clock.sleep(0, AbortSignal.abort('checked'))
    if (!(woken instanceof Promise)) throw wrong('/clock/sleep', 'It must return a promise.')
    woken.catch(() => undefined)
  }
  if (ids !== undefined) checkMethods(ids, '/ids', ['id', 'salt'])
  if (redaction !== undefined) checkRedaction(redaction)
  if (typeof relay !== 'boolean') throw wrong('/relay', 'Write true or false.')
  for (const key of ['elapsedUs', 'onError'] as const)
    if (options[key] !== undefined) checkFunction(options[key], `/${key}`)
}

function checkPlugin(
  plugin: unknown,
  path: string,
  contract: string,
  methods: readonly string[],
): void {
  checkMethods(plugin, path, methods)
  const given = plugin as { readonly contract?: unknown; readonly name?: unknown }
  if (given.contract !== contract) throw wrong(`${path}/contract`, `It must be '${contract}'.`)
  if (typeof given.name !== 'string' || given.name === '')
    throw wrong(`${path}/name`, 'Give it a name.')
}

function checkMethods(object: unknown, path: string, methods: readonly string[]): void {
  if (typeof object !== 'object' || object === null) throw wrong(path, 'Give an object.')
  for (const method of methods) checkFunction(Reflect.get(object, method), `${path}/${method}`)
}

function checkFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') throw wrong(path, 'It must be a function.')
}

function wrong(path: string, hint: string): LoopError {
  return new LoopError(
    'invalid_config',
    'createLoopSystem was given an option that it cannot use.',
    {
      path,
      hint,
    },
  )
}
