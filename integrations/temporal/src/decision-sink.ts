import {
  isLoopError,
  LoopError,
  refuseStrayKeys,
  signedDecisionOf,
  type CloudEvent,
  type DecisionSigner,
  type EventSink,
  type KnownKeys,
  type LoopStore,
} from '@loop-engine/core'
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'

import { decideUpdate, wakeSignal } from './names.ts'

/** Signs decisions for `humanGate()`. */
export interface GateSigner {
  readonly sign: DecisionSigner
  /** The audience that the gates trust. */
  readonly audience: string
}

export interface DecisionSinkOptions {
  readonly client: Client
  /** The store of the loops: requests and runs are read from it. */
  readonly store: Pick<LoopStore, 'approval' | 'getRun'>
  readonly signer: GateSigner
}

const optionKeys: KnownKeys<DecisionSinkOptions> = {
  client: true,
  store: true,
  signer: true,
}

const approved = 'dev.loop-engine.loop.approval.approved.v1'
const endings = new Set(
  ['approved', 'rejected', 'expired', 'superseded'].map(
    (ending) => `dev.loop-engine.loop.approval.${ending}.v1`,
  ),
)
const entrySchema = z.object({
  entry: z.object({
    tenant: z.string(),
    runId: z.string(),
    approval: z.object({ id: z.string() }),
  }),
})
const metadataSchema = z.object({
  temporal: z.object({
    namespace: z.string(),
    workflowId: z.string(),
    kind: z.enum(['gate', 'activity']),
  }),
})
const refusedSchema = z.object({ reason: z.literal('no_such_gate') })

/**
 * Brings decisions to the workflows that wait for them, wherever people decided: to a gate as a signed update, to a
 * governed activity as a signal to ask again. Reaches workflows in the client's namespace.
 */
export function createDecisionSink(options: DecisionSinkOptions): EventSink {
  refuseStrayKeys(options, optionKeys, { what: 'createDecisionSink', code: 'invalid_config' })
  const { client, store, signer } = options

  async function deliver(event: CloudEvent): Promise<void> {
    const read = entrySchema.safeParse(event.data)
    if (!endings.has(event.type) || !read.success) return
    const { tenant, runId, approval } = read.data.entry
    const run = await store.getRun(tenant, runId)
    const temporal = metadataSchema.safeParse(run?.metadata).data?.temporal
    if (!temporal || temporal.namespace !== client.options.namespace) return
    const workflow = client.workflow.getHandle(temporal.workflowId)
    if (temporal.kind === 'activity') {
      await workflow.signal(wakeSignal, approval.id)
      return
    }
    const request = await store.approval(tenant, approval.id)
    if (!request || request.status === 'pending') return
    if (request.status === 'approved' && event.type !== approved)
      throw new LoopError(
        'corrupt',
        'A stored request is approved, but its record says otherwise.',
        {
          plugin: 'temporal',
          hint: 'The request was changed in the database. Run verify, and ask again.',
        },
      )
    const token = await signer.sign(signedDecisionOf(request), signer.audience)
    await workflow.executeUpdate(decideUpdate, {
      args: [token],
      updateId: `${request.id}:${request.revision}:${request.status}`,
    })
  }

  return {
    contract: 'sink/v1',
    name: 'temporal',
    async publish(events, { signal }) {
      for (const event of events) {
        signal.throwIfAborted()
        try {
          await client.withAbortSignal(signal, () => deliver(event))
        } catch (error) {
          // The workflow has ended, so nothing waits for the decision.
          if (error instanceof WorkflowNotFoundError) continue
          throw isLoopError(error) ? error : faultOf(error)
        }
      }
    },
  }
}

function faultOf(error: unknown): LoopError {
  // A person may decide before the workflow waits at its gate; it will be there in a moment.
  if (error instanceof WorkflowUpdateFailedError && !isTooEarly(error))
    return new LoopError('refused', 'A workflow refused a decision.', {
      plugin: 'temporal',
      hint: 'Compare issuer, audience and keys of the gate with those of the signer.',
    })
  return new LoopError('unavailable', 'Temporal did not accept a decision.', {
    plugin: 'temporal',
    retryable: true,
  })
}

function isTooEarly({ cause }: WorkflowUpdateFailedError): boolean {
  return cause instanceof ApplicationFailure && refusedSchema.safeParse(cause.details?.[0]).success
}
