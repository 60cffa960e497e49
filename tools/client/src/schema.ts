// Made from the server's OpenAPI document by schema.test.ts; `npx vitest run tools/client -u` makes it again.

export interface Actor {
  readonly type: 'human' | 'automation' | 'ai-agent' | 'system'
  readonly id: string
  readonly displayName?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly onBehalfOf?: Principal
  readonly assurance?: {
    readonly method: string
    readonly issuer?: string
    readonly subject?: string
    readonly at?: number
  }
  readonly provider?: string
  readonly modelId?: string
  readonly servedModel?: string
  readonly promptHash?: string
  readonly promptVersion?: string
  readonly templateHash?: string
  readonly confidence?: number
  readonly usage?: {
    readonly inputTokens?: number
    readonly outputTokens?: number
    readonly cachedInputTokens?: number
    readonly reasoningTokens?: number
    readonly costUsd?: number
    readonly costUsdTicks?: number
  }
  readonly responseId?: string | null
  readonly latencyMs?: number
  readonly attempts?: number
}

export interface ApiKey {
  /** The id of the key; its secret begins with it. */
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly actor: {
    readonly type: 'automation' | 'ai-agent'
    readonly id: string
    readonly displayName?: string
    /** The principal for whom it acts. Four-eyes counts the two as one. */
    readonly onBehalfOf?: {
      readonly type: 'human' | 'automation' | 'ai-agent' | 'system'
      readonly id: string
    }
  }
  readonly roles: readonly string[]
  readonly scopes: readonly (
    | 'read'
    | 'run'
    | 'decide'
    | 'stop'
    | 'operate'
    | 'export'
    | 'keys'
    | 'platform'
  )[]
  readonly createdBy: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly usedAt: number | null
  readonly previousUntil: number | null
}

/** A transition that waits for people. */
export interface ApprovalRequest {
  readonly id: string
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  readonly transitionId: string
  readonly requester: Actor
  readonly revision: number
  readonly stateVersion: number
  readonly evidence: Readonly<Record<string, unknown>> | null
  readonly actionDigest: string
  readonly view: ApprovalView
  readonly viewHash: string
  readonly policy: {
    readonly stages: readonly {
      readonly name?: string
      readonly reviewers: readonly string[]
      readonly quorum: number
    }[]
    readonly fourEyes: boolean
    readonly [name: string]: unknown
  }
  readonly stage: number
  readonly decisions: readonly {
    readonly decision: 'approve' | 'reject' | 'edit' | 'respond' | 'abstain'
    readonly reviewer: Actor
    readonly stage: number
    readonly revision: number
    readonly reason?: string
    /** Epoch milliseconds. */
    readonly at: number
  }[]
  readonly delegations: readonly {
    readonly from: string
    readonly to: string
    readonly stage: number
    /** Epoch milliseconds. */
    readonly at: number
  }[]
  readonly escalated: readonly string[]
  readonly status: 'pending' | 'approved' | 'rejected' | 'expired' | 'superseded' | 'cancelled'
  readonly guards: readonly GuardResult[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly decidedAt: number | null
  readonly executedBy: string | null
}

/** What a reviewer must see before deciding. */
export interface ApprovalView {
  readonly title: string
  readonly loop: {
    readonly id: string
    readonly name: string
    readonly version: string
  }
  readonly aggregateId: string
  readonly transition: {
    readonly id: string
    readonly from: string
    readonly to: string
    readonly description?: string
    readonly risk?: string
  }
  readonly requester: {
    readonly type: string
    readonly id: string
    readonly displayName?: string
    readonly model?: string
    readonly onBehalfOf?: string
  }
  readonly fields: readonly {
    readonly path: string
    readonly label: string
    readonly value: unknown
    /** Whether a model wrote the value; show it as such. */
    readonly fromModel: boolean
  }[]
  /** What will run, with its exact input. */
  readonly effect?: {
    readonly integration: string
    readonly action: string
    readonly input: unknown
  }
  readonly warnings: readonly string[]
  /** What happens when nobody decides. */
  readonly ifNothing: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Attempt {
  /** The id of a transition. Name either this or `signal`. */
  readonly transition?: string
  readonly signal?: string
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly correlationId?: string
  readonly attribution?: Attribution
  /** Receives a signed POST when the approval request that this attempt opens is closed. */
  readonly callbackUrl?: string
}

/** The model that was asked, and how. Only for an ai-agent. */
export interface Attribution {
  readonly provider?: string
  readonly modelId?: string
  readonly servedModel?: string
  readonly promptHash?: string
  readonly promptVersion?: string
  readonly templateHash?: string
  readonly confidence?: number
  readonly usage?: {
    readonly inputTokens?: number
    readonly outputTokens?: number
    readonly cachedInputTokens?: number
    readonly reasoningTokens?: number
    readonly costUsd?: number
    readonly costUsdTicks?: number
  }
  readonly responseId?: string | null
  readonly latencyMs?: number
  readonly attempts?: number
}

/** A transition that the caller could attempt now, or why it is not allowed. */
export interface AvailableTransition {
  readonly transitionId: string
  readonly signal: string
  readonly to: string
  readonly allowed: boolean
  readonly needsApproval: 'never' | 'always' | 'depends'
  readonly reasons: readonly string[]
}

export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly sequence: string
  readonly partitionkey: string
  readonly traceparent?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A delivery that failed for good. */
export interface DeadLetter {
  readonly id: string
  readonly kind: 'effect' | 'notify' | 'publish' | 'timer'
  /** The integration, channel, sink or timer that it is for. */
  readonly name: string
  readonly aggregateId: string
  readonly runId: string
  readonly seq: number
  readonly attempt: number
  readonly error: string
  /** Epoch milliseconds. */
  readonly diedAt: number
}

export interface Decision {
  readonly decision: 'approve' | 'reject' | 'edit' | 'respond' | 'abstain'
  /** The revision that the reviewer saw. */
  readonly revision: number
  /** The hash of the view that the reviewer saw. */
  readonly viewHash: string
  /** The reason, in words; kept in the record. */
  readonly reason?: string
  /** For `edit`: the whole evidence as it should be afterwards. */
  readonly edits?: Readonly<Record<string, unknown>>
  /** For `respond` and `abstain`: what the requester should know. */
  readonly response?: Readonly<Record<string, unknown>>
}

export type DecisionResult =
  | {
      readonly request: ApprovalRequest
      readonly replayed?: true
      readonly status: 'recorded'
    }
  | {
      readonly request: ApprovalRequest
      readonly replayed?: true
      readonly status: 'executed'
      readonly transition: TransitionResult
    }
  | {
      readonly request: ApprovalRequest
      readonly replayed?: true
      readonly status: 'blocked'
      readonly transition: TransitionResult
    }
  | {
      readonly request: ApprovalRequest
      readonly replayed?: true
      readonly status: 'rejected'
    }
  | {
      readonly request: ApprovalRequest
      readonly replayed?: true
      readonly status: 'refused'
      readonly reason:
        | 'already_decided'
        | 'expired'
        | 'stale_revision'
        | 'view_changed'
        | 'superseded'
        | 'not_a_person'
        | 'identity_not_verified'
        | 'requester_cannot_decide'
        | 'not_entitled'
        | 'already_voted'
        | 'not_allowed'
        | 'assurance_too_low'
        | 'stopped'
        | 'limit_reached'
    }

/** A loop, and the digest to which its runs are pinned. */
export interface Definition {
  readonly digest: string
  readonly definition: Readonly<Record<string, unknown>>
}

export interface GuardResult {
  readonly id: string
  readonly use: string
  readonly severity: 'hard' | 'soft'
  readonly passed: boolean
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly reason?: string
  readonly message?: string
  readonly durationUs: number
}

/** One entry of the record. */
export interface HistoryItem {
  readonly entry: {
    readonly seq: number
    readonly type: string
    /** Epoch milliseconds. */
    readonly at: number
    readonly actor: Actor
    readonly [name: string]: unknown
  }
  readonly hash: string
  readonly evidence: Readonly<Record<string, unknown>> | null
}

/** One run of a loop. */
export interface Instance {
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  readonly definition: {
    readonly version: string
    readonly digest: string
  }
  readonly currentState: string
  readonly status: 'active' | 'suspended' | 'completed' | 'failed' | 'cancelled'
  readonly version: number
  readonly stateVersion: number
  readonly transitions: number
  readonly openApprovals: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly correlationId: string | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
  readonly head: string
}

/** Figures about the runs of one loop, counted from the record. */
export interface LoopMetrics {
  readonly loopId: string
  readonly runs: Readonly<Record<string, number>>
  readonly transitions: Readonly<Record<string, number>>
  readonly aiShare: number | null
  readonly humanShare: number | null
  readonly blocked: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
  readonly approvals: {
    readonly requested: number
    readonly approved: number
    readonly rejected: number
    readonly expired: number
    readonly superseded: number
    readonly rate: number | null
    readonly medianMs: number | null
  }
  readonly states: Readonly<
    Record<
      string,
      {
        readonly runs: number
        readonly visits: number
        readonly now: number
        readonly medianMs: number | null
      }
    >
  >
  readonly exceptions: number
}

export interface NewKey {
  readonly name: string
  readonly actor: {
    readonly type: 'automation' | 'ai-agent'
    readonly id: string
    readonly displayName?: string
    /** The principal for whom it acts. Four-eyes counts the two as one. */
    readonly onBehalfOf?: {
      readonly type: 'human' | 'automation' | 'ai-agent' | 'system'
      readonly id: string
    }
  }
  readonly roles?: readonly string[]
  readonly scopes: readonly (
    | 'read'
    | 'run'
    | 'decide'
    | 'stop'
    | 'operate'
    | 'export'
    | 'keys'
    | 'platform'
  )[]
  readonly expiresInDays?: number
}

/** A principal, and for whom it acts. */
export interface Principal {
  readonly type: 'human' | 'automation' | 'ai-agent' | 'system'
  readonly id: string
  readonly onBehalfOf?: Principal
}

/** RFC 9457. */
export interface Problem {
  /** A URN that ends with the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  /** The kind of problem. Codes are stable, so programs can rely on them. */
  readonly code: string
  /** A more precise reason of a refusal, also stable. */
  readonly reason?: string
  readonly hint?: string
  /** A JSON Pointer to the faulty part of the input. */
  readonly path?: string
  readonly retryable: boolean
  readonly requestId: string
  readonly errors?: readonly {
    readonly path: string
    readonly message: string
  }[]
  /** The whole result that was refused. */
  readonly result?: unknown
}

/** The licence to act. It can be spent once. */
export interface Receipt {
  readonly tenant: string
  readonly runId: string
  readonly aggregateId: string
  readonly seq: number
  readonly entry: string
  readonly transitionId: string
  readonly actionDigest?: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Start {
  readonly loopId: string
  /** The business key of a run. */
  readonly aggregateId: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly tags?: readonly string[]
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly correlationId?: string
  readonly attribution?: Attribution
}

/** Until a stop is released, nothing that it covers is committed. */
export interface Stop {
  /** What the stop covers; `*` is everything. */
  readonly scope: string
  readonly reason: string | null
  readonly by: string | null
  /** Epoch milliseconds. */
  readonly at: number
}

export interface StopRequest {
  /** `everything` covers all tenants and needs the scope `platform`. */
  readonly target:
    | {
        readonly tenant: true
      }
    | {
        readonly loopId: string
      }
    | {
        /** The business key of a run. */
        readonly aggregateId: string
      }
    | {
        readonly actorId: string
      }
    | {
        readonly everything: true
      }
  /** The reason, in words; kept in the record. */
  readonly reason: string
}

/** Something that happens by itself unless somebody acts before. */
export interface Timer {
  readonly kind: 'state-timeout' | 'approval-expiry' | 'approval-escalation'
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** The transition that the system then takes. */
  readonly transition?: string
  readonly requestId?: string
}

export type TransitionResult =
  | {
      readonly aggregateId: string
      readonly runId: string
      readonly transitionId: string
      readonly guards: readonly GuardResult[]
      readonly instance: Instance
      readonly replayed?: true
      readonly status: 'executed'
      readonly fromState: string
      readonly toState: string
      readonly receipt: Receipt
    }
  | {
      readonly aggregateId: string
      readonly runId: string
      readonly transitionId: string
      readonly guards: readonly GuardResult[]
      readonly instance: Instance
      readonly replayed?: true
      readonly status: 'pending_approval'
      readonly approvalId: string
      /** Epoch milliseconds. */
      readonly expiresAt: number
    }
  | {
      readonly aggregateId: string
      readonly runId: string
      readonly transitionId: string
      readonly guards: readonly GuardResult[]
      readonly instance: Instance
      readonly replayed?: true
      readonly status: 'guard_failed'
      readonly reason: string
    }
  | {
      readonly aggregateId: string
      readonly runId: string
      readonly transitionId: string
      readonly guards: readonly GuardResult[]
      readonly instance: Instance
      readonly replayed?: true
      readonly status: 'rejected'
      readonly reason:
        | 'unknown_transition'
        | 'not_from_this_state'
        | 'final'
        | 'suspended'
        | 'stopped'
        | 'actor_type_not_allowed'
        | 'role_missing'
        | 'identity_not_verified'
        | 'limit_reached'
        | 'max_transitions'
      readonly message: string
    }

export interface VerifyReport {
  /** When the reading began. */
  readonly at: number
  readonly ok: boolean
  readonly entries: number
  readonly runs: number
  readonly durationMs: number
  readonly faults: readonly {
    readonly runId: string
    readonly seq: number | null
    readonly fault: string
    readonly message: string
  }[]
}

/** The caller, as the server authenticated it. */
export interface Who {
  readonly kind: 'key' | 'oidc' | 'session'
  readonly tenant: string
  readonly actor: Actor
  readonly scopes: readonly (
    | 'read'
    | 'run'
    | 'decide'
    | 'stop'
    | 'operate'
    | 'export'
    | 'keys'
    | 'platform'
  )[]
  readonly expiresAt: number | null
}
