import {
  LoopError,
  type Actor,
  type LoopDefinition,
  type LoopInstance,
  type LoopSystem,
  type Provider,
} from '@loop-engine/sdk'

import type { Signal } from './signals.ts'

export interface TriageOptions {
  readonly engine: LoopSystem['engine']
  readonly loop: LoopDefinition
  readonly provider: Provider
}

export interface Triage {
  /**
   * Opens the run of a matter, or finds it, and takes it as far as it goes without a person. What was done before is
   * read from the ledger, so calling it again, after a crash too, only continues.
   */
  take(signal: Signal): Promise<{ readonly opened: boolean; readonly run: LoopInstance }>
}

const intake: Actor = { type: 'automation', id: 'automation:triage' }

export function createTriage({ engine, loop, provider }: TriageOptions): Triage {
  return {
    async take(signal) {
      const before = await engine.get({ aggregateId: signal.key })
      let run = before ?? (await open(signal))
      for (;;) {
        const next = await step(run, signal)
        if (next === null) return { opened: before === null, run }
        run = next
      }
    },
  }

  function open({ key, digest, event, title }: Signal): Promise<LoopInstance> {
    return engine.start({
      loopId: loop.id,
      aggregateId: key,
      actor: intake,
      metadata: { event, title },
      idempotencyKey: `${key}@${digest}`,
    })
  }

  /** One transition further; null when a person, the relay or nobody has to act. */
  async function step(run: LoopInstance, signal: Signal): Promise<LoopInstance | null> {
    const signals = openTo('ai-agent', run)
    if (run.status !== 'active' || run.openApprovals > 0 || signals.length === 0) return null
    const submission = await provider.createSubmission({
      loopId: loop.id,
      loopName: loop.name,
      currentState: run.currentState,
      availableSignals: signals,
      instruction: 'State severity, remediation, confidence and risk, with your reasons.',
      evidence: { ...signal },
    })
    const result = await engine.transition({
      aggregateId: signal.key,
      signal: submission.signal,
      actor: submission.actor,
      evidence: submission.decision,
    })
    if (result.status === 'executed' || result.status === 'pending_approval') return result.instance
    if (result.status === 'rejected') return refused(result.reason)
    return askPerson(result.instance)
  }

  async function askPerson(run: LoopInstance): Promise<LoopInstance | null> {
    if (!openTo('automation', run).some(({ signalId }) => signalId === 'ask')) return null
    const { aggregateId } = run
    const result = await engine.transition({ aggregateId, signal: 'ask', actor: intake })
    return result.status === 'rejected' ? refused(result.reason) : result.instance
  }

  function openTo(
    type: Actor['type'],
    { currentState }: LoopInstance,
  ): { readonly signalId: string; readonly name: string }[] {
    return loop.transitions
      .filter(({ from, actors }) => from === currentState && actors.includes(type))
      .map(({ signal, description }) => ({ signalId: signal, name: description ?? signal }))
  }
}

/** Under a stop a matter rests where it is, and goes on when a person has released it. */
function refused(reason: string): null {
  if (reason === 'stopped' || reason === 'suspended') return null
  throw new LoopError('refused', 'The engine rejected a step of the triage.', {
    details: { reason },
  })
}
