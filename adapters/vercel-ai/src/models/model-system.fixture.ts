import {
  createLoopSystem,
  createMemoryStore,
  LoopBuilder,
  type LoopSystem,
  type LoopStore,
  type LoopSystemOptions,
} from '@loop-engine/sdk'

const otherLoop = LoopBuilder.create('other')
  .state('OPEN')
  .state('DONE', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'] })
  .build()

export interface TestSystem extends LoopSystem {
  /** All that was ever handed to the store, as text. */
  everything(): string
  /** The runs of a loop with their entries and evidence, oldest first. */
  runs(loopId?: string): Promise<readonly TestRun[]>
}
interface TestRun {
  readonly runId: string
  readonly state: string
  readonly status: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly correlationId: string | null
  /** Evidence by transition. */
  readonly evidence: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly actors: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export async function createTestSystem(
  options: Partial<LoopSystemOptions> = {},
): Promise<TestSystem> {
  const memory = createMemoryStore()
  const written: string[] = []
  /** Run ids in the order in which the runs began; ids of one millisecond are not sorted by it. */
  const begun = new Set<string>()
  const store: LoopStore = {
    ...memory,
    commit(plans) {
      written.push(JSON.stringify(plans))
      for (const { instance } of plans) begun.add(instance.runId)
      return memory.commit(plans)
    },
  }
  const system = await createLoopSystem({ loops: [otherLoop], store, relay: false, ...options })
  const { engine } = system

  const runs: TestSystem['runs'] = async (loopId = 'model-call') => {
    const { items: found } = await engine.find({ loopId, limit: 1000 })
    const order = [...begun]
    const items = found.toSorted((a, b) => order.indexOf(a.runId) - order.indexOf(b.runId))
    return Promise.all(
      items.map(async ({ aggregateId, runId, currentState, status, metadata, correlationId }) => {
        const evidence: Record<string, Readonly<Record<string, unknown>>> = {}
        const actors: Record<string, Readonly<Record<string, unknown>>> = {}
        for await (const item of engine.history({ aggregateId, runId })) {
          const name = item.entry.transitionId ?? item.entry.type
          evidence[name] = item.evidence ?? {}
          actors[name] = { ...item.entry.actor }
        }
        return { runId, state: currentState, status, metadata, correlationId, evidence, actors }
      }),
    )
  }
  return {
    ...system,
    runs,
    everything: () => written.join('\n'),
  }
}
