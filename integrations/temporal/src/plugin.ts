import {
  LoopError,
  refuseStrayKeys,
  systemClock,
  type Clock,
  type DecisionKey,
  type KnownKeys,
  type LoopDefinition,
  type Principal,
} from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'
import { Context } from '@temporalio/activity'
import type { ClientPlugin } from '@temporalio/client'
import { defaultPayloadConverter, type Headers } from '@temporalio/common'
import { SimplePlugin } from '@temporalio/plugin'
import type { ActivityInterceptorsFactory, BundlerPlugin, WorkerPlugin } from '@temporalio/worker'

import { bundleConditions, sandboxFile } from './bundling.ts'
import { verifyCaller, type Caller } from './caller-token.ts'
import {
  activityLoop,
  gateLoop,
  type ActivityPolicy,
  type CallPolicy,
} from './calls/call-policy.ts'
import { siteOf, type ActorOf } from './calls/call-site.ts'
import { createGateActivities } from './calls/gate-activities.ts'
import { governActivity } from './calls/govern-activity.ts'
import type { GateSigner } from './decision-sink.ts'
import { callerHeader, callHeader } from './names.ts'
import { denied } from './refusals.ts'
import { signStarts } from './sign-starts.ts'

export interface TemporalPluginOptions {
  /** Judges and records. Needed in workers, but not in a client that only starts workflows. */
  readonly system?: Pick<LoopSystem, 'engine' | 'approvals' | 'relay'>
  /** Policies by activity type. Activities without a policy run ungoverned. */
  readonly activities?: Readonly<Record<string, ActivityPolicy>>
  /** Policies by the name that is given to `humanGate()`. */
  readonly gates?: Readonly<Record<string, CallPolicy>>
  readonly tenant?: string
  /** Who makes a call, for workflows that an AI drives; by default the workflow, as an automation. */
  readonly actor?: ActorOf
  /** For a client: who starts workflows, and the key that signs this. */
  readonly caller?: Caller
  /** For a worker: if given, governed calls run only for a proven caller, and that caller cannot approve them. */
  readonly callerKeys?: readonly DecisionKey[]
  /** Signs decisions for gates, so that they also see decisions that no sink delivered. */
  readonly signer?: GateSigner
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<TemporalPluginOptions> = {
  system: true,
  activities: true,
  gates: true,
  tenant: true,
  actor: true,
  caller: true,
  callerKeys: true,
  signer: true,
  clock: true,
}

export type TemporalPlugin = ClientPlugin & WorkerPlugin & BundlerPlugin

/**
 * Governs the workflows of one client or worker: `new Client({ plugins: [plugin] })`, `Worker.create({ plugins:
 * [plugin] })`. Throws `invalid_config` for an unknown option, a policy that cannot work, or policies without a system.
 */
export function createTemporalPlugin(options: TemporalPluginOptions): TemporalPlugin {
  refuseStrayKeys(options, optionKeys, { what: 'createTemporalPlugin', code: 'invalid_config' })
  const { system, activities = {}, gates = {}, tenant = 'default', actor } = options
  const { caller, callerKeys, signer, clock = systemClock } = options
  if (!system && Object.keys({ ...activities, ...gates }).length > 0)
    throw new LoopError('invalid_config', 'Policies of activities and gates need a system.', {
      path: '/system',
      plugin: 'temporal',
    })
  const loopOfActivity = definedOnce(system, activities, activityLoop)
  const loopOfGate = definedOnce(system, gates, gateLoop)

  function callerOf(headers: Headers): Principal | undefined {
    if (!callerKeys) return undefined
    const { workflowExecution, workflowType = '' } = Context.current().info
    const header = headers[callerHeader]
    return verifyCaller(
      header && defaultPayloadConverter.fromPayload(header),
      { workflowId: workflowExecution?.workflowId ?? '', workflowType },
      callerKeys,
    )
  }
  const shared = { tenant, actorOf: actor, clock }
  const headersOf = new WeakMap<Context, Headers>()

  const governs: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      async execute(input, next) {
        headersOf.set(context, input.headers)
        const site = siteOf(context.info)
        const policy = Object.hasOwn(activities, site.activityType)
          ? activities[site.activityType]
          : undefined
        if (!policy || !system) return next(input)
        const call = input.headers[callHeader]
        return governActivity(
          { ...shared, system, loopOf: async (type) => (await loopOfActivity(type)) ?? '' },
          {
            site,
            policy,
            args: input.args,
            caller: proven(() => callerOf(input.headers), site.activityType),
            call: call && String(defaultPayloadConverter.fromPayload(call)),
            run: (args) => next({ ...input, args }),
          },
        )
      },
    },
  })

  const simple = new SimplePlugin({
    name: 'loop-engine',
    ...(caller && { clientInterceptors: { workflow: [signStarts(caller)] } }),
    workerInterceptors: {
      activity: [governs],
      workflowModules: [sandboxFile('workflow-interceptors')],
    },
    ...(system && {
      activities: createGateActivities({
        ...shared,
        system,
        signer,
        loopOf: loopOfGate,
        caller: () => callerOf(headersOf.get(Context.current()) ?? {}),
      }),
    }),
  })
  return {
    name: simple.name,
    configureClient: (options) => simple.configureClient(options),
    configureWorker: (options) => simple.configureWorker(options),
    configureReplayWorker: (options) => simple.configureReplayWorker(options),
    configureBundler: (options) => bundleConditions(simple.configureBundler(options)),
  }
}

/** Registers the loop of a policy when its id is first asked for; returns undefined for a name without a policy. */
function definedOnce<Policy>(
  system: TemporalPluginOptions['system'],
  policies: Readonly<Record<string, Policy>>,
  loopFor: (name: string, policy: Policy) => LoopDefinition,
): (name: string) => Promise<string | undefined> {
  const loops = new Map(
    Object.entries(policies).map(([name, policy]) => [name, loopFor(name, policy)]),
  )
  const known = new Map<string, Promise<string>>()
  return async (name) => {
    const loop = loops.get(name)
    if (!loop || !system) return undefined
    const defined = known.get(name) ?? system.engine.define(loop).then(() => loop.id)
    known.set(name, defined)
    // A failure is forgotten, so that the next call tries again.
    return defined.catch((error: unknown) => {
      known.delete(name)
      throw error
    })
  }
}

function proven(read: () => Principal | undefined, name: string): Principal | undefined {
  try {
    return read()
  } catch {
    throw denied(name, { aggregateId: '', reason: 'caller_not_proven' })
  }
}
