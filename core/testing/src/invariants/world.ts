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

/** What a test saw from outside: one call, when it began and when it was answered, and the answer. */
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
  /** Ticks of one counter for all callers. */
  readonly invoked: number
  readonly returned: number
  readonly tenant: string
  readonly aggregateId?: string
  readonly actorId?: string
  readonly key?: string
  /** `executed`, `conflict`, `stopped`, an error code, … */
  readonly outcome: string
  /** The version that was answered or read. */
  readonly version?: number
  /** For a commit that was refused as a conflict: what it expected, and what the store had. */
  readonly expected?: number
  readonly actual?: number | null
  /** Hash of the entry that was acknowledged. */
  readonly entry?: string
  /** For a stop or a release. */
  readonly scope?: string
  /** For a settlement: the fence it came with. */
  readonly fence?: number
  readonly itemId?: string
}

export interface DeliveredEvent {
  readonly subscriber: string
  readonly event: CloudEvent
}

/** One real run of an action. */
export interface EffectRun {
  readonly idempotencyKey: string
  readonly entry: string
  readonly input: string
  readonly semantics: 'idempotent' | 'at-most-once'
}

/** Everything that the checkers look at. What a test did not observe stays empty. */
export interface World {
  readonly store: LoopStore
  readonly tenants: readonly string[]
  readonly definitions: ReadonlyMap<string, LoopDefinition>
  readonly operations?: readonly Operation[]
  readonly deliveries?: readonly DeliveredEvent[]
  readonly subscribers?: readonly string[]
  readonly effects?: readonly EffectRun[]
  /** The same commands, recorded a second time: bodies in order. */
  readonly replay?: readonly string[]
  /** Budgets that guards enforce: the counter, its limit, and what each executed transition spent. */
  readonly budgets?: readonly {
    readonly limit: number
    readonly transitionId: string
    readonly amountField: string
    readonly tenant: string
  }[]
  /** Guards that always throw: nothing that they judge may ever execute. */
  readonly brokenGuards?: readonly string[]
  /** Ids that only agents have. */
  readonly agentIds?: readonly string[]
  /** Accounts of one person. */
  readonly identityClassOf?: (id: string) => string
  /** Strings that must not appear anywhere. */
  readonly canaries?: readonly string[]
  /** Decisions whose event was authentic; all others came from forgers. */
  readonly authenticDecisions?: ReadonlySet<string>
  /** Limit of one attempt's evidence, bytes. */
  readonly maxEvidenceBytes?: number
  /** Every log head that was signed: size, root, when and under which key. */
  readonly signed?: readonly {
    readonly size: number
    readonly root: string
    readonly key: string
    readonly at: number
  }[]
  readonly keys?: readonly { readonly key: string; readonly notAfter?: number }[]
  /** A checkpoint that lies outside the store. */
  readonly remembered?: { readonly tenant: string; readonly size: number; readonly root: string }
  /** Stores that were compared with it when a program started: whether they were set back, and whether it was told so. */
  readonly starts?: readonly { readonly isBackup: boolean; readonly isReported: boolean }[]
  /** What a tenant answered while another tenant did nothing, and while it was busy. */
  readonly quietAnswers?: readonly string[]
  readonly busyAnswers?: readonly string[]
  /** Whether the log was sequenced after the last commit. */
  readonly sequenced?: boolean
}

export interface RecordedEntry {
  readonly stored: StoredEntry
  readonly entry: LedgerEntry
  readonly evidence: JsonObject | null
  /** Where it stands, for a violation. */
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

/** Yields what is wrong; the number is added by whoever runs it. */
export type Checker = (world: ObservedWorld) => Iterable<Omit<Violation, 'invariant'>>

/** The transition that an entry names, in the definition that judged it. */
export function transitionOf(
  definitions: World['definitions'],
  { definition, transitionId }: LedgerEntry,
): Transition | undefined {
  return definitions.get(definition)?.transitions.find(({ id }) => id === transitionId)
}
