import {
  actorScopes,
  deepFreeze,
  LoopError,
  type Actor,
  type EntryDraft,
  type KnownKeys,
  type LoopDefinition,
  type Stop,
} from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { admitted, personOrSystem } from '../judging/admit-actor.ts'
import type { Kernel } from '../kernel.ts'
import { ownScopes } from '../recording/change-scopes.ts'
import { createChange, createOpening, type Change, type PlanRest } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { stoppedError } from '../recording/refused-by.ts'
import { untilCommitted } from '../recording/until-committed.ts'
import { scopeOf, type StopScope, type StopTarget } from './stop-target.ts'

export interface StopInput {
  readonly target: StopTarget
  readonly actor: Actor
  readonly reason: string
}

/**
 * The kill switch. Once `stop` has answered, no change that it covers commits until `release`. Exceptions are the end of an
 * effect that was under way, with what follows it, and changes of a run by hand.
 */
export interface Control {
  /**
   * Anybody may stop, an agent too. Stopping a person also stops the other accounts that the directory knows of that person.
   * Throws `unavailable` if the directory does not answer: then only the account that was named is stopped.
   */
  stop(input: StopInput): Promise<Stop>
  /** Releases what `stop` stopped. Only a person or the system may; throws `stopped` for a person who is stopped. */
  release(input: StopInput): Promise<void>
  stops(): Promise<readonly Stop[]>
}

/** The business key and the loop of the run in which the stops of a tenant are recorded. */
export const controlKey = '$control'

/** Stops and releases are entries of one control run per tenant. */
const controlLoop: LoopDefinition = deepFreeze({
  id: controlKey,
  version: '1',
  name: 'Control',
  states: [{ id: 'ACTIVE' }, { id: 'CLOSED', terminal: true }],
  initialState: 'ACTIVE',
  transitions: [
    { id: 'close', from: 'ACTIVE', to: 'CLOSED', signal: 'close', actors: ['system'], guards: [] },
  ],
})

const stopKeys: KnownKeys<StopInput> = { target: true, actor: true, reason: true }

const keeper: Actor = Object.freeze({ type: 'system', id: 'system:control' })

export function createControl(kernel: Kernel): Control {
  return {
    async stop(input) {
      checkInput('engine.stop', input, stopKeys, ['reason'])
      const { target, reason } = input
      const actor = admitted(kernel, input.actor)
      const hold = async ({ scope, tenant }: StopScope): Promise<Stop> => {
        const by = `${actor.type}:${actor.id}`
        const stop: Stop = { scope, reason, by, at: kernel.clock.now() }
        const entry = { type: 'loop.stopped', reason, data: { scope } } as const
        await write(kernel, tenant, actor, entry, { scopes: [], stops: { set: [stop] } })
        return stop
      }
      const asked = scopeOf(target)
      const stop = await hold(asked)
      for (const linked of await linkedTo(kernel, asked)) await hold(linked)
      return stop
    },
    async release(input) {
      checkInput('engine.release', input, stopKeys, ['reason'])
      const { target, reason } = input
      const actor = personOrSystem(kernel, input.actor, 'release a stop')
      const letGo = async ({ scope, tenant, actorId }: StopScope): Promise<void> => {
        const entry = { type: 'loop.released', reason, data: { scope } } as const
        const clear = actorId === undefined ? [scope] : actorScopes(tenant, actorId)
        const scopes = ownScopes(tenant, actor)
        await write(kernel, tenant, actor, entry, { scopes, stops: { clear } })
      }
      const asked = scopeOf(target)
      await letGo(asked)
      for (const linked of await linkedTo(kernel, asked)) await letGo(linked)
    },
    stops: async () => kernel.store.stops(),
  }
}

/** The other accounts of a person. Looked up after the stop, which must not depend on the directory. */
async function linkedTo(
  kernel: Kernel,
  { tenant, actorId }: StopScope,
): Promise<readonly StopScope[]> {
  if (actorId === undefined) return []
  try {
    const others = await kernel.identity.otherAccounts(tenant, actorId)
    return others.map((account) => scopeOf({ tenant, actorId: account }))
  } catch (cause) {
    throw new LoopError('unavailable', 'Only the account that was named was stopped or released.', {
      retryable: true,
      hint: 'Its directory did not tell the other accounts of the person; repeat it later.',
      cause,
    })
  }
}

async function write(
  kernel: Kernel,
  tenant: string,
  actor: Actor,
  entry: Pick<EntryDraft, 'type' | 'reason' | 'data'>,
  rest: PlanRest,
): Promise<void> {
  await untilCommitted(
    kernel,
    { tenant, aggregateId: controlKey },
    {
      async attempt() {
        const run = await kernel.store.get(tenant, controlKey)
        const change = run ? createChange(run) : await open(kernel, tenant)
        change.append({ ...draftOf(kernel, change.instance, actor), ...entry })
        return { result: undefined, record: { change, rest } }
      },
      refused({ detail }) {
        throw stoppedError(detail)
      },
      conflict: 'Too many stops and releases at once.',
    },
  )
}

async function open(kernel: Kernel, tenant: string): Promise<Change> {
  const { id, version } = controlLoop
  const { digest } = await kernel.loops.keep(controlLoop)
  return createOpening({
    tenant,
    loopId: id,
    aggregateId: controlKey,
    runId: kernel.ids.id(),
    type: 'loop.started',
    at: kernel.clock.now(),
    durability: kernel.store.durability,
    definition: digest,
    actor: keeper,
    toState: 'ACTIVE',
    status: 'active',
    data: { version },
  })
}
