import {
  digestOf,
  isOpen,
  LoopError,
  openEntry,
  openEvidence,
  type Actor,
  type CommitPlan,
  type IdempotencyRecord,
  type InstanceQuery,
  type InstanceStatus,
  type JsonObject,
  type LedgerEntry,
  type LoopInstance,
  type Page,
  type StoredEntry,
  type TransitionResult,
} from '@loop-engine/core'

import { supersede } from './approvals/supersede.ts'
import { judge, record } from './attempt.ts'
import { createChange, type Change } from './change.ts'
import { createControl, type Control } from './control.ts'
import { admit, type TransitionCommand } from './decide.ts'
import { draftOf } from './draft.ts'
import { takeEvidence, type Evidence } from './evidence.ts'
import { commitChange, scopesOf, type Kernel } from './kernel.ts'
import { guardsOf } from './loop-registry.ts'
import { enqueueOrder } from './orders.ts'
import { rulesOf } from './rules.ts'
import { createSeal, type Seal } from './seal.ts'
import { resultOf } from './transition-result.ts'

interface Target {
  readonly aggregateId: string
  /** `default` unless given. */
  readonly tenant?: string
}

export interface StartInput extends Target {
  readonly loopId: string
  readonly actor: Actor
  readonly metadata?: JsonObject
  readonly tags?: readonly string[]
  readonly evidence?: object
  readonly correlationId?: string
  readonly idempotencyKey?: string
  readonly traceparent?: string
}

export interface TransitionInput extends Target {
  /** The id of a transition; or give `signal`. */
  readonly transitionId?: string
  readonly signal?: string
  readonly actor: Actor
  readonly evidence?: object
  /** The same key and command get the same answer; see invariant 12. */
  readonly idempotencyKey?: string
  readonly correlationId?: string
  readonly traceparent?: string
}

export interface ChangeInput extends Target {
  readonly actor: Actor
  readonly reason: string
  readonly evidence?: object
}

export interface MigrateInput extends Target {
  readonly actor: Actor
  readonly reason: string
  /** The state to go on from, when the new definition does not have the current one. */
  readonly state?: string
}

/** What an actor could do now, and why not. */
export interface AvailableTransition {
  readonly transitionId: string
  readonly signal: string
  readonly to: string
  readonly allowed: boolean
  readonly needsApproval: 'never' | 'always' | 'depends'
  /** Why not: a rejection reason, or the ids of hard guards that do not pass without more evidence. */
  readonly reasons: readonly string[]
}

export interface HistoryItem {
  readonly entry: LedgerEntry
  readonly hash: string
  /** Null when there was none, or when it was erased. */
  readonly evidence: JsonObject | null
}

/** The write and read side of governed runs. A refusal is a result; misuse and infrastructure throw LoopError. */
export interface LoopEngine extends Control {
  /** Opens a run. Throws `already_exists` while the business key has an open run, `stopped` under a stop. */
  start(input: StartInput): Promise<LoopInstance>
  transition(input: TransitionInput): Promise<TransitionResult>
  available(
    target: Target & { readonly actor: Actor; readonly evidence?: object },
  ): Promise<readonly AvailableTransition[]>
  cancel(input: ChangeInput): Promise<LoopInstance>
  fail(input: ChangeInput): Promise<LoopInstance>
  suspend(input: ChangeInput): Promise<LoopInstance>
  resume(input: ChangeInput): Promise<LoopInstance>
  /** Moves a run to the registered definition of its loop, as a recorded decision. Never by an agent. */
  migrate(input: MigrateInput): Promise<LoopInstance>
  /** The open run of a business key, else its newest; read from the store. */
  get(target: Target): Promise<LoopInstance | null>
  history(target: Target & { readonly runId?: string }): AsyncIterable<HistoryItem>
  find(
    query: Omit<InstanceQuery, 'tenant'> & { readonly tenant?: string },
  ): Promise<Page<LoopInstance>>
  /** Deletes the evidence of one entry; its proofs stay valid. Never by an agent. */
  erase(input: ChangeInput & { readonly seq: number }): Promise<LoopInstance>
  seal: Seal
}

export function createEngine(kernel: Kernel): LoopEngine {
  const { store, loops } = kernel
  return {
    ...createControl(kernel),
    seal: createSeal(kernel),
    start: (input) => start(kernel, input),
    transition: (input) => transition(kernel, input),
    available: (input) => available(kernel, input),
    cancel: (input) => changeStatus(kernel, input, 'loop.cancelled', 'cancelled'),
    fail: (input) => changeStatus(kernel, input, 'loop.failed', 'failed'),
    suspend: (input) => changeStatus(kernel, input, 'loop.suspended', 'suspended'),
    resume: (input) => changeStatus(kernel, input, 'loop.resumed', 'active'),
    get: ({ tenant = 'default', aggregateId }) => store.get(tenant, aggregateId),
    find: ({ tenant = 'default', ...query }) => store.find({ tenant, ...query }),
    history: (target) => history(kernel, target),

    async migrate(input) {
      const { tenant = 'default', aggregateId, reason, state } = input
      const actor = await personOrSystem(kernel, input.actor, 'migrate a run')
      return rewrite(kernel, tenant, aggregateId, actor, (instance, change) => {
        const loop = loops.current(instance.loopId)
        const to = state ?? instance.currentState
        if (!loop.states.has(to)) {
          throw new LoopError(
            'invalid_input',
            'The new definition does not have the state of the run.',
            {
              path: '/state',
              hint: 'Say with `state` where the run goes on.',
              details: { known: [...loop.states.keys()] },
            },
          )
        }
        change.append({
          ...draftOf(kernel, instance, actor),
          type: 'loop.migrated',
          definition: loop.digest,
          fromState: instance.currentState,
          ...(to !== instance.currentState && { toState: to }),
          reason,
          data: { from: instance.definition.digest, version: loop.definition.version },
        })
      })
    },

    async erase(input) {
      const { tenant = 'default', aggregateId, reason, seq } = input
      const actor = await personOrSystem(kernel, input.actor, 'erase evidence')
      return rewrite(
        kernel,
        tenant,
        aggregateId,
        actor,
        async (instance, change) => {
          change.append({
            ...draftOf(kernel, instance, actor),
            type: 'loop.evidence.erased',
            reason,
            data: { seq },
          })
          const { items } = await store.approvals({ tenant, runId: instance.runId, limit: 1000 })
          for (const request of items) {
            if (request.id === `${instance.runId}:${seq}`)
              change.upsert({
                ...request,
                evidence: null,
                view: {
                  ...request.view,
                  fields: [],
                  ...(request.view.effect && { effect: { ...request.view.effect, input: null } }),
                },
              })
          }
        },
        { finalToo: true, erase: [seq] },
      )
    },
  }
}

async function start(kernel: Kernel, input: StartInput): Promise<LoopInstance> {
  const {
    tenant = 'default',
    aggregateId,
    loopId,
    correlationId,
    idempotencyKey,
    traceparent,
  } = input
  checkKey(aggregateId, '/aggregateId')
  refuseReserved(aggregateId)
  checkKey(tenant, '/tenant')
  const loop = kernel.loops.current(loopId)
  const actor = admitted(kernel, input.actor)
  const evidence = evidenceOf(kernel, input.evidence)
  const data = {
    ...(input.metadata && { metadata: input.metadata }),
    ...(input.tags?.length && { tags: input.tags }),
  }
  const idempotency = idempotencyOf(actor, idempotencyKey, {
    do: 'start',
    loopId,
    aggregateId,
    evidence: evidence.value,
    data,
  })

  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    const at = kernel.clock.now()
    const runId = kernel.ids.id()
    const change = createChange(null)
    change.append(
      {
        tenant,
        loopId,
        aggregateId,
        runId,
        type: 'loop.started',
        at,
        durability: kernel.store.durability,
        definition: loop.digest,
        actor,
        toState: loop.definition.initialState,
        status: 'active',
        ...(evidence.digest && { evidence: evidence.digest }),
        ...(correlationId !== undefined && { correlationId }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(traceparent !== undefined && { traceparent }),
        data: { ...takeEvidence(data, rulesOf(kernel)).value, version: loop.definition.version },
      },
      evidence.sealed,
    )
    const timeout = loop.states.get(loop.definition.initialState)?.timeout
    if (timeout) enqueueOrder(change, { kind: 'state-timeout', ...timeout }, 1, at)
    const started = change.instance
    if (started === null) throw new LoopError('corrupt', 'A start recorded nothing.')
    const result = await commitChange(kernel, change, {
      scopes: scopesOf({ tenant, loopId, aggregateId }, actor),
      ...(idempotency && {
        idempotency: { ...idempotency, answer: JSON.stringify({ runId }), at },
      }),
    })
    switch (result.kind) {
      case 'committed':
        return started
      case 'duplicate': {
        const before = await kernel.store.getRun(
          tenant,
          (JSON.parse(result.answer) as { runId: string }).runId,
        )
        if (before) return before
        throw new LoopError('corrupt', 'The run of an idempotency key is gone.')
      }
      case 'conflict':
        throw new LoopError('already_exists', 'The business key has an open run.', {
          details: { tenant, aggregateId },
          hint: 'Use that run, or cancel it first.',
        })
      case 'key-mismatch':
        throw keyMismatch()
      case 'refused':
        throw new LoopError('stopped', 'A stop is in force.', {
          details: { scope: result.detail },
          hint: 'A person must release it.',
        })
    }
  })
}

async function transition(kernel: Kernel, input: TransitionInput): Promise<TransitionResult> {
  const { tenant = 'default', aggregateId, idempotencyKey } = input
  refuseReserved(aggregateId)
  const transitionId = input.transitionId ?? input.signal
  if (typeof transitionId !== 'string' || transitionId.length === 0 || transitionId.length > 256) {
    throw new LoopError('invalid_input', 'A transition needs `transitionId` or `signal`.', {
      path: '/transitionId',
    })
  }
  const admission = kernel.identity.admit(input.actor, kernel.clock.now())
  const { actor } = admission
  const evidence = evidenceOf(kernel, input.evidence)
  const idempotency =
    idempotencyKey === undefined
      ? undefined
      : idempotencyOf(actor, idempotencyKey, {
          do: 'transition',
          aggregateId,
          transitionId,
          evidence: evidence.value,
        })
  const command: TransitionCommand = {
    transitionId,
    actor,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(input.correlationId !== undefined && { correlationId: input.correlationId }),
    ...(input.traceparent !== undefined && { traceparent: input.traceparent }),
  }
  const refusal = admission.refused && { reason: admission.refused, message: admission.message }

  const turn = kernel.runs.enter(tenant, aggregateId)
  if (turn) await turn
  try {
    if (idempotency) {
      const before = await kernel.store.idempotency(tenant, idempotency.principal, idempotency.key)
      if (before) return replay(before, idempotency.fingerprint)
    }
    let mustRead = false
    let late: { reason: 'stopped' | 'limit_reached'; message: string } | undefined
    for (let attempts = 0; attempts <= kernel.limits.conflictRetries; attempts++) {
      // Most of this is known at once, and an await that waits for nothing is not free.
      const loaded = kernel.runs.load(tenant, aggregateId, mustRead)
      const { instance, fresh } = loaded instanceof Promise ? await loaded : loaded
      const pinned = kernel.loops.pinned(instance.definition.digest)
      const loop = pinned instanceof Promise ? await pinned : pinned
      const judging = judge({
        kernel,
        loop,
        instance,
        command,
        evidence,
        refusal: refusal ?? late,
      })
      const judgement = judging instanceof Promise ? await judging : judging
      const { ruling } = judgement
      const moves = ruling.status === 'executed'
      // What came from memory may be old: a commit would notice, a refusal might not.
      if (!fresh && !moves && ruling.status !== 'pending_approval') {
        mustRead = true
        if (attempts === 0) continue
      }
      const change = createChange(instance)
      const entry = record(change, judgement, evidence, kernel)
      if (moves && instance.openApprovals > 0) await supersede(kernel, change, instance)
      const after = change.instance ?? instance
      const result = resultOf(judgement, entry, after, command)
      const outcome = await commitChange(kernel, change, {
        scopes: moves || ruling.status === 'pending_approval' ? scopesOf(instance, actor) : [],
        ...(judgement.reservations.length > 0 && { reservations: judgement.reservations }),
        ...(idempotency && {
          idempotency: { ...idempotency, answer: JSON.stringify(result), at: ruling.draft.at },
        }),
      })
      if (outcome.kind === 'committed') return result
      if (outcome.kind === 'duplicate') return JSON.parse(outcome.answer) as TransitionResult
      if (outcome.kind === 'key-mismatch') throw keyMismatch()
      if (outcome.kind === 'refused') late = refusedBy(outcome.reason)
      mustRead = true
    }
    throw new LoopError('conflict', 'The run kept moving while a transition was judged.', {
      retryable: true,
      details: { tenant, aggregateId },
    })
  } finally {
    kernel.runs.leave(tenant, aggregateId)
  }
}

/** What the commit refused becomes a recorded rejection of the same attempt. */
export function refusedBy(reason: 'fenced' | 'stopped' | 'spent' | 'limit'): {
  reason: 'stopped' | 'limit_reached'
  message: string
} {
  if (reason === 'stopped') return { reason: 'stopped', message: 'A stop is in force.' }
  if (reason === 'limit') return { reason: 'limit_reached', message: 'A limit would be overrun.' }
  throw new LoopError('fenced', 'The lease was lost to another worker.', { retryable: false })
}

async function available(
  kernel: Kernel,
  input: Target & { actor: Actor; evidence?: object },
): Promise<readonly AvailableTransition[]> {
  const { tenant = 'default', aggregateId } = input
  const { instance } = await kernel.runs.load(tenant, aggregateId, true)
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const admission = kernel.identity.admit(input.actor, kernel.clock.now())
  const evidence = evidenceOf(kernel, input.evidence)
  const leaving = loop.from.get(instance.currentState) ?? []
  return Promise.all(
    leaving.map(async (candidate): Promise<AvailableTransition> => {
      const command = { transitionId: candidate.id, actor: admission.actor }
      const reasons: string[] = []
      if (admission.refused) reasons.push(admission.refused)
      const { refusal } = admit(loop, instance, command)
      if (refusal) reasons.push(refusal.reason)
      else if (guardsOf(candidate).length > 0) {
        const { ruling, guards } = await judge({ kernel, loop, instance, command, evidence })
        if (ruling.status === 'guard_failed')
          reasons.push(
            ...guards
              .filter(({ passed, severity }) => !passed && severity === 'hard')
              .map(({ id }) => id),
          )
      }
      return {
        transitionId: candidate.id,
        signal: candidate.signal,
        to: candidate.to,
        allowed: reasons.length === 0,
        needsApproval: candidate.approval
          ? candidate.approval.when
            ? 'depends'
            : 'always'
          : 'never',
        reasons,
      }
    }),
  )
}

async function* history(
  kernel: Kernel,
  { tenant = 'default', aggregateId, runId }: Target & { runId?: string },
): AsyncGenerator<HistoryItem> {
  const run = runId ?? (await kernel.store.get(tenant, aggregateId))?.runId
  if (run === undefined) return
  const limit = 500
  for (let from = 1; ;) {
    const page = await kernel.store.entries(tenant, run, { from, limit })
    for (const stored of page) yield openItem(stored)
    const last = page.at(-1)
    if (!last || page.length < limit) return
    from = last.seq + 1
  }
}

function openItem(stored: StoredEntry): HistoryItem {
  return { entry: openEntry(stored), hash: stored.hash, evidence: openEvidence(stored) }
}

async function changeStatus(
  kernel: Kernel,
  input: ChangeInput,
  type: 'loop.cancelled' | 'loop.failed' | 'loop.suspended' | 'loop.resumed',
  status: InstanceStatus,
): Promise<LoopInstance> {
  const { tenant = 'default', aggregateId, reason } = input
  const evidence = evidenceOf(kernel, input.evidence)
  const actor =
    type === 'loop.resumed'
      ? await personOrSystem(kernel, input.actor, 'resume a run')
      : admitted(kernel, input.actor)
  return rewrite(kernel, tenant, aggregateId, actor, async (instance, change) => {
    if (type === 'loop.resumed' && instance.status !== 'suspended')
      throw new LoopError('refused', 'The run is not suspended.')
    if (type === 'loop.suspended' && instance.status === 'suspended')
      throw new LoopError('refused', 'The run is suspended already.')
    change.append(
      {
        ...draftOf(kernel, instance, actor),
        type,
        status,
        fromState: instance.currentState,
        reason,
        ...(evidence.digest && { evidence: evidence.digest }),
      },
      evidence.sealed,
    )
    if (instance.openApprovals > 0) await supersede(kernel, change, instance)
  })
}

/** Commits a change that no guard judges: reads fresh, refuses on final runs, judges again on a conflict. */
async function rewrite(
  kernel: Kernel,
  tenant: string,
  aggregateId: string,
  actor: Actor,
  build: (instance: LoopInstance, change: Change) => void | Promise<void>,
  { finalToo = false, ...rest }: Partial<CommitPlan> & { finalToo?: boolean } = {},
): Promise<LoopInstance> {
  refuseReserved(aggregateId)
  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    for (let attempts = 0; attempts <= kernel.limits.conflictRetries; attempts++) {
      const { instance } = await kernel.runs.load(tenant, aggregateId, true)
      if (!finalToo && !isOpen(instance.status)) {
        throw new LoopError('refused', `The run is ${instance.status}; nothing follows that.`, {
          details: { tenant, aggregateId },
        })
      }
      const change = createChange(instance)
      await build(instance, change)
      const outcome = await commitChange(kernel, change, { scopes: [], ...rest })
      if (outcome.kind === 'committed') return change.instance ?? instance
      if (outcome.kind === 'refused') refusedBy(outcome.reason)
    }
    throw new LoopError('conflict', 'The run kept moving while it was changed.', {
      retryable: true,
      details: { tenant, aggregateId, actor: actor.id },
    })
  })
}

function evidenceOf(kernel: Kernel, input: object | undefined): Evidence {
  return takeEvidence(input, rulesOf(kernel))
}

/** The actor as it will be recorded; throws `refused` when identity is not good enough. */
export function admitted(kernel: Kernel, input: Actor): Actor {
  const admission = kernel.identity.admit(input, kernel.clock.now())
  if (admission.refused)
    throw new LoopError('refused', admission.message, { details: { reason: admission.refused } })
  return admission.actor
}

/** Changes of rules and records are for people and the system; an agent or automation may not make them (invariant 18). */
async function personOrSystem(kernel: Kernel, input: Actor, what: string): Promise<Actor> {
  const actor = admitted(kernel, input)
  if (actor.type === 'human' || actor.type === 'system') return actor
  throw new LoopError('refused', `Only a person or the system may ${what}.`, {
    details: { reason: 'actor_type_not_allowed' },
  })
}

function idempotencyOf(
  actor: Actor,
  key: string | undefined,
  command: JsonObject,
): Omit<IdempotencyRecord, 'answer' | 'at'> | undefined {
  if (key === undefined) return undefined
  checkKey(key, '/idempotencyKey')
  return { principal: `${actor.type}:${actor.id}`, key, fingerprint: digestOf(command) }
}

function replay(before: IdempotencyRecord, fingerprint: string): TransitionResult {
  if (before.fingerprint !== fingerprint) throw keyMismatch()
  return { ...(JSON.parse(before.answer) as TransitionResult), replayed: true }
}

function keyMismatch(): LoopError {
  return new LoopError('key_mismatch', 'The idempotency key was used for another command.', {
    path: '/idempotencyKey',
    hint: 'Use a new key for a new command.',
  })
}

/** Keys that begin with a dollar sign are the engine's own records. */
function refuseReserved(aggregateId: string): void {
  if (!aggregateId.startsWith('$')) return
  throw new LoopError('invalid_input', 'A business key may not begin with a dollar sign.', {
    path: '/aggregateId',
  })
}

function checkKey(value: unknown, path: string): void {
  if (
    typeof value !== 'string' ||
    value.length === 0 ||
    value.length > 256 ||
    /[\u0000-\u001f\u007f]/.test(value) ||
    !value.isWellFormed()
  ) {
    throw new LoopError('invalid_input', 'An id must be 1 to 256 printable characters.', { path })
  }
}
