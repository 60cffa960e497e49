import type { Actor, JsonObject, LoopInstance, LoopSystem } from '@loop-engine/sdk'

/** What the agent proposed about a matter, and who the agent was. */
export interface Assessment {
  readonly actor: Actor
  readonly evidence: JsonObject
}

/** Reads the assessment from the ledger; null before there is one, and when its evidence was erased. */
export async function readAssessment(
  engine: Pick<LoopSystem['engine'], 'history'>,
  { aggregateId, runId }: Pick<LoopInstance, 'aggregateId' | 'runId'>,
): Promise<Assessment | null> {
  for await (const { entry, evidence } of engine.history({ aggregateId, runId })) {
    if (entry.type !== 'loop.transition.executed' || entry.transitionId !== 'assess') continue
    return evidence && { actor: entry.actor, evidence }
  }
  return null
}

/** The number of matters that each provider assessed. */
export async function countProposals(
  engine: Pick<LoopSystem['engine'], 'history'>,
  runs: readonly LoopInstance[],
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const assessment of await Promise.all(runs.map((run) => readAssessment(engine, run)))) {
    if (assessment === null) continue
    const { provider = 'nobody known', modelId, servedModel = modelId } = assessment.actor
    const label = provider === 'rules' ? 'rules, no model' : `${provider}, ${servedModel}`
    counts[label] = (counts[label] ?? 0) + 1
  }
  return counts
}
