import type { EventSink, Guard, LoopStore } from '@loop-engine/core'
import type { DecisionPageOptions } from '@loop-engine/core/decision-page'
import type { checkAgainst, NoteSigner } from '@loop-engine/observability'
import type { LoopSystemOptions } from '@loop-engine/sdk'

type StartCheck = typeof checkAgainst

/** What a seeded bug changes about the system under test. */
export interface Sabotage {
  readonly store?: (store: LoopStore) => LoopStore
  readonly options?: Partial<LoopSystemOptions>
  readonly guard?: Guard
  readonly sink?: (sink: EventSink) => EventSink
  readonly page?: Partial<DecisionPageOptions>
  /** Changes the signer with the old key, which has been rotated out. */
  readonly signer?: (signer: NoteSigner) => NoteSigner
  readonly startCheck?: (check: StartCheck) => StartCheck
}
