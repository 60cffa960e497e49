import {
  actorScopes,
  deepFreeze,
  LoopError,
  refuseStrayKeys,
  spellingOf,
  stopScope,
  type Actor,
  type KnownKeys,
  type LoopDefinition,
  type Stop,
} from '@loop-engine/core'

import { checkInput, isText } from '../check-input.ts'
import { admitted, personOrSystem } from '../judging/admit-input.ts'
import type { Kernel } from '../kernel.ts'
import { createChange, createOpening, type Change } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { stoppedError } from '../recording/refused-by.ts'
import { ownScopes } from '../recording/stop-scopes.ts'
import { untilCommitted } from '../recording/until-committed.ts'

/** What a stop covers. */
export type StopTarget =
  | { readonly everything: true }
  | { readonly tenant: string }
  | { readonly loopId: string; readonly tenant?: string }
  | { readonly aggregateId: string; readonly tenant?: string }
  | { readonly actorId: string; readonly tenant?: string }

export interface StopInput {
  readonly target: StopTarget
  readonly actor: Actor
  readonly reason: string
}

/**
 * The kill switch. Once `stop` has answered, no change that it covers commits until `release`; but for how an effect ended
 * that was under way, with what follows it, and what is done with a run by hand.
 */
export interface Control {
  /** Anybody may pull it, an agent too. */
  stop(input: StopInput): Promise<Stop>
  /** Only a person or the system may release. Throws `stopped` for who is stopped. */
  release(input: StopInput): Promise<void>
  stops(): Promise<readonly Stop[]>
}

/** Stops and releases are themselves governed records: entries of one control run per tenant. */
const controlLoop: LoopDefinition = deepFreeze({
  id: '$control',
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
    async stop(asked) {
      checkInput('engine.stop', asked, stopKeys, ['reason'])
      const { target, reason } = asked
      const actor = admitted(kernel, asked.actor)
      const { scope, tenant } = scopeOf(target)
      const stop: Stop = { scope, reason, by: `${actor.type}:${actor.id}`, at: kernel.clock.now() }
      await write(
        kernel,
        tenant,
        actor,
        { type: 'loop.stopped', reason, data: { scope } },
        { set: [stop] },
      )
      return stop
    },
    async release(asked) {
      checkInput('engine.release', asked, stopKeys, ['reason'])
      const { target, reason } = asked
      const actor = personOrSystem(kernel, asked.actor, 'release a stop')
      const { scope, tenant, actorId } = scopeOf(target)
      await write(
        kernel,
        tenant,
        actor,
        { type: 'loop.released', reason, data: { scope } },
        { clear: actorId === undefined ? [scope] : actorScopes(tenant, actorId) },
        ownScopes(tenant, actor),
      )
    },
    stops: async () => kernel.store.stops(),
  }
}

async function write(
  kernel: Kernel,
  tenant: string,
  actor: Actor,
  entry: {
    readonly type: 'loop.stopped' | 'loop.released'
    readonly reason: string
    readonly data: { readonly scope: string }
  },
  stops: { readonly set?: readonly Stop[]; readonly clear?: readonly string[] },
  scopes: readonly string[] = [],
): Promise<void> {
  await untilCommitted(
    kernel,
    { tenant, aggregateId: '$control' },
    {
      async attempt() {
        const run = await kernel.store.get(tenant, '$control')
        const change = run ? createChange(run) : await open(kernel, tenant)
        change.append({ ...draftOf(kernel, change.instance, actor), ...entry })
        return { result: undefined, record: { change, rest: { scopes, stops } } }
      },
      refused({ detail }) {
        throw stoppedError(detail)
      },
      conflict: 'Too many stops and releases at once.',
    },
  )
}

/** Opens the control run of a tenant. */
async function open(kernel: Kernel, tenant: string): Promise<Change> {
  const { id, version } = controlLoop
  const { digest } = await kernel.loops.keep(controlLoop)
  return createOpening({
    tenant,
    loopId: id,
    aggregateId: '$control',
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

const targetKeys = {
  everything: true,
  tenant: true,
  loopId: true,
  aggregateId: true,
  actorId: true,
} as const
const kinds = { loopId: 'loop', aggregateId: 'instance', actorId: 'actor' } as const

/** What could be read as something else is refused: it would stop, or let go on, what nobody meant. */
function scopeOf(target: StopTarget): { scope: string; tenant: string; actorId?: string } {
  refuseStrayKeys(target, targetKeys, { what: 'The target of a stop', path: '/target' })
  const given: { readonly [Key in keyof typeof targetKeys]?: unknown } = target
  const tenant = nameOf(given.tenant ?? 'default', 'tenant')
  const [kind, ...more] = (['everything', 'loopId', 'aggregateId', 'actorId'] as const).filter(
    (key) => given[key] !== undefined,
  )
  if (more.length > 0 || (kind ?? given.tenant) === undefined)
    throw new LoopError('invalid_input', 'A stop has one target.', {
      path: '/target',
      hint: 'Name one of everything, loopId, aggregateId and actorId; or a tenant alone.',
    })
  if (kind === undefined) return { scope: stopScope('tenant', tenant), tenant }
  if (kind !== 'everything') {
    const name = nameOf(given[kind], kind)
    const scope = stopScope(kinds[kind], tenant, name)
    return { scope, tenant, ...(kind === 'actorId' && { actorId: name }) }
  }
  // On record in one place, whoever asks: there it is looked for.
  if (given.everything === true) return { scope: '*', tenant: 'default' }
  throw new LoopError('invalid_input', 'Everything is stopped with `true`.', {
    path: '/target/everything',
  })
}

function nameOf(value: unknown, key: keyof typeof targetKeys): string {
  // Nor is anybody left of `user:` alone.
  const name = typeof value === 'string' && key === 'actorId' ? spellingOf(value) : value
  if (typeof value === 'string' && isText(name, 256) && name !== '') return value
  throw new LoopError('invalid_input', 'The target of a stop is named by text.', {
    path: `/target/${key}`,
    hint: 'Write text of 1 to 256 characters.',
  })
}
