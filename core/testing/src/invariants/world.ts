import type {
  ApprovalRequest,
  CloudEvent,
  DeadLetter,
  JsonObject,
  LedgerEntry,
  LogLeaf,
  LoopDefinition,
  LoopInstance,
  LoopStore,
  StoredEntry,
  Transition,
} from '@loop-engine/core'

/** One call as a test saw it from outside: when it began, when it was answered, and the answer. */
export interface Operation {
  readonly kind:
    | 'start'
    | 'transition'
    | 'decide'
    | 'stop'
    | 'release'
    | 'get'
    | 'settle'
    | 'commit'
  /** When the call began and ended, in ticks of one counter that all callers share. */
  readonly invoked: number
  readonly returned: number
  readonly tenant: string
  readonly aggregateId?: string
  readonly actorId?: string
  readonly key?: string
  /** `executed`, `conflict`, `stopped`, an error code, … */
  readonly outcome: string
  /** The version in the answer. */
  readonly version?: number
  /** For a commit that was refused as a conflict: what it expected, and what the store had. */
  readonly expected?: number
  readonly actual?: number | null
  /** The hash of the acknowledged entry. */
  readonly entry?: string
  /** For a stop or a release. */
  readonly scope?: string
  /** For a settlement: the fence that it named. */
  readonly fence?: number
  readonly itemId?: string
}

export interface DeliveredEvent {
  readonly subscriber: string
  readonly event: CloudEvent
}

/** One run of an action of an integration. */
export interface EffectRun {
  readonly idempotencyKey: string
  readonly entry: string
  readonly input: string
  readonly semantics: 'idempotent' | 'at-most-once'
}

/** Everything that the checkers look at. A test leaves out what it did not observe. */
export interface World {
  readonly store: LoopStore
  readonly tenants: readonly string[]
  readonly definitions: ReadonlyMap<string, LoopDefinition>
  readonly operations?: readonly Operation[]
  readonly deliveries?: readonly DeliveredEvent[]
  readonly subscribers?: readonly string[]
  readonly effects?: readonly EffectRun[]
  /** The bodies, in order, that a second run of the same commands recorded. */
  readonly replay?: readonly string[]
  /** Budgets that guards enforce: the counter, its limit, and what each executed transition spent. */
  readonly budgets?: readonly {
    readonly limit: number
    readonly transitionId: string
    readonly amountField: string
    readonly tenant: string
  }[]
  /** Guards that always throw, so that no transition with one of them may execute. */
  readonly brokenGuards?: readonly string[]
  /** Ids that only agents have. */
  readonly agentIds?: readonly string[]
  /** The person behind an id: accounts of one person give the same answer. */
  readonly identityClassOf?: (id: string) => string
  /** Strings that must not appear anywhere. */
  readonly canaries?: readonly string[]
  /** The decisions whose event was authentic; all others were forged. */
  readonly authenticDecisions?: ReadonlySet<string>
  /** The limit for the evidence of one attempt, in bytes. */
  readonly maxEvidenceBytes?: number
  /** Every signed head of a log: its size and root, and when and with which key it was signed. */
  readonly signed?: readonly {
    readonly size: number
    readonly root: string
    readonly key: string
    readonly at: number
  }[]
  readonly keys?: readonly { readonly key: string; readonly notAfter?: number }[]
  /** A checkpoint that is kept outside of the store. */
  readonly remembered?: { readonly tenant: string; readonly size: number; readonly root: string }
  /** The starts of a program: whether the store was an older backup, and whether the start reported it. */
  readonly starts?: readonly { readonly isBackup: boolean; readonly isReported: boolean }[]
  /** The answers to one tenant while another tenant did nothing, and while the other tenant was busy. */
  readonly quietAnswers?: readonly string[]
  readonly busyAnswers?: readonly string[]
  /** Whether the log was sequenced after the last commit. */
  readonly sequenced?: boolean
}

export interface RecordedEntry {
  readonly stored: StoredEntry
  readonly entry: LedgerEntry
  readonly evidence: JsonObject | null
  /** The position of the entry, for a violation. */
  readonly at: { readonly runId: string; readonly seq: number }
}

export interface RecordedRun {
  readonly instance: LoopInstance
  readonly entries: readonly RecordedEntry[]
  readonly approvals: readonly ApprovalRequest[]
}

/** A world with its records read. */
export interface ObservedWorld extends World {
  readonly runs: readonly RecordedRun[]
  /** The entries of all runs. */
  readonly records: readonly RecordedEntry[]
  readonly deadLetters: readonly DeadLetter[]
  readonly leaves: ReadonlyMap<string, readonly LogLeaf[]>
}

export interface Violation {
  readonly invariant: number
  readonly message: string
  readonly runId?: string
  readonly seq?: number
}

/** Yields every violation of one invariant; `checkInvariants` adds the number. */
export type Checker = (world: ObservedWorld) => Iterable<Omit<Violation, 'invariant'>>

/** The transition that an entry names, in the definition that judged it. */
export function transitionOf(
  definitions: World['definitions'],
  { definition, transitionId }: LedgerEntry,
): Transition | undefined {
  return definitions.get(definition)?.transitions.find(({ id }) => id === transitionId)
}
