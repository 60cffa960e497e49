import {
  isLoopError,
  LoopError,
  type Actor,
  type LoopDefinition,
  type LoopInstance,
  type LoopSystem,
  type TransitionInput,
} from '@loop-engine/sdk'

import type { Ask } from './proposals/asking.ts'
import { readAssessment } from './proposals/assessment.ts'
import type { Signal } from './signals/signals.ts'

export interface TriageOptions {
  readonly engine: LoopSystem['engine']
  readonly loop: LoopDefinition
  readonly ask: Ask
  /** Distinguishes the runs that this start of the job opened from those of other starts. */
  readonly startId: string
}

export interface Triage {
  /**
   * Opens the run of a matter, or finds it, and takes it as far as it goes without a person. It reads from the ledger
   * what has been done, so that calling it again, even after a crash, only continues; two jobs may do so at once.
   */
  take(signal: Signal): Promise<Taken>
}

interface Taken {
  readonly opened: boolean
  readonly run: LoopInstance
  /** Why the agent proposed nothing; the next start asks again. */
  readonly failure?: LoopError
}

type Step = Pick<TransitionInput, 'signal' | 'actor' | 'evidence'>

const intake: Actor = { type: 'automation', id: 'automation:triage' }

export function createTriage({ engine, loop, ask, startId }: TriageOptions): Triage {
  return {
    async take(signal) {
      const before = await engine.get({ aggregateId: signal.key })
      let run = before ?? (await open(signal))
      const opened = before === null && run.correlationId === startId
      for (;;) {
        const step = await nextStep(run, signal)
        if (isLoopError(step)) return { opened, run, failure: step }
        const next = step && (await send(run, step))
        if (next === null) return { opened, run }
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
      correlationId: startId,
      idempotencyKey: `${key}@${digest}`,
    })
  }

  /** The step that the agent takes next; null when it is up to a person or the relay, or the run is over. */
  async function nextStep(run: LoopInstance, signal: Signal): Promise<Step | LoopError | null> {
    if (run.status !== 'active' || run.openApprovals > 0) return null
    if (canSend('assess', run)) return assess(run, signal)
    return canSend('remediate', run) ? proposedStep(run) : null
  }

  /** Asks the agent, once for each matter. */
  async function assess(run: LoopInstance, signal: Signal): Promise<Step | LoopError> {
    const submission = await ask({
      loopId: loop.id,
      loopName: loop.name,
      currentState: run.currentState,
      availableSignals: loop.transitions
        .filter(({ from, actors }) => from === run.currentState && actors.includes('ai-agent'))
        .map(({ signal: signalId, description }) => ({ signalId, name: description ?? signalId })),
      instruction: 'State severity, remediation, confidence and risk, with your reasons.',
      evidence: { ...signal },
    })
    if (isLoopError(submission)) return submission
    return { signal: submission.signal, actor: submission.actor, evidence: submission.decision }
  }

  /** The step that the assessment proposes. The agent is not asked again, so that a person approves what it said. */
  async function proposedStep(run: LoopInstance): Promise<Step | null> {
    const assessment = await readAssessment(engine, run)
    // If the evidence was erased, there is nothing to approve; the matter waits until it times out.
    if (assessment === null) return null
    const { evidence, actor } = assessment
    const signal = evidence['remediation'] === 'dismiss' ? 'dismiss' : 'remediate'
    return { signal, actor: withoutCost(actor), evidence }
  }

  /**
   * Takes a step, provided the run is still as it was read. If somebody else has moved it, the newer run is returned.
   */
  async function send(run: LoopInstance, step: Step): Promise<LoopInstance | null> {
    const { aggregateId, runId, version } = run
    const expected = { runId, version }
    try {
      const result = await engine.transition({ aggregateId, expected, ...step })
      if (result.status === 'rejected') return refused(result.reason, result.message)
      if (result.status !== 'guard_failed') return result.instance
      if (!canSend('ask', result.instance)) return null
      return await send(result.instance, { signal: 'ask', actor: intake })
    } catch (error) {
      if (isLoopError(error) && error.code === 'conflict') return engine.get({ aggregateId })
      throw error
    }
  }

  function canSend(signal: string, { currentState }: LoopInstance): boolean {
    return loop.transitions.some((each) => each.from === currentState && each.signal === signal)
  }
}

/** The agent without the cost of its answer, which was paid once and is recorded with the assessment. */
function withoutCost(actor: Actor): Actor {
  const { usage: _usage, latencyMs: _latency, attempts: _attempts, assurance: _own, ...who } = actor
  return who
}

/** Under a stop or a suspension the matter waits until a person releases it. Any other rejection is thrown. */
function refused(reason: string, message: string): null {
  if (reason === 'stopped' || reason === 'suspended') return null
  throw new LoopError('refused', 'The engine rejected a step of the triage.', {
    hint: `${message} (${reason})`,
    details: { reason },
  })
}
