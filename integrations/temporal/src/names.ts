/** The types of the failures that a workflow sees. They are stable: compare types, never messages. */
export const failureTypes = Object.freeze({
  /** The call did not run and never will: a guard, a policy or a person refused it. Not retryable. */
  denied: 'LoopEngine.Denied',
  /**
   * People were asked. The plugin's interceptor waits for them; a workflow without it sees this failure. Not retryable.
   */
  pending: 'LoopEngine.ApprovalPending',
  /** The call began, and nobody knows how it ended; it will not run again. Not retryable. */
  unknown: 'LoopEngine.UnknownOutcome',
  /** A stop is in force, so the call did not run. Temporal retries until somebody releases the stop. */
  stopped: 'LoopEngine.Stopped',
  /** An update brought a decision that does not count here. Not retryable. */
  refused: 'LoopEngine.DecisionRefused',
})

/** Header: who started the workflow, signed by the client. */
export const callerHeader = 'loop-engine-caller'
/** Header: the business key of the call that an activity continues, once people have decided. */
export const callHeader = 'loop-engine-call'

/** Hands a signed decision to a human gate. */
export const decideUpdate = 'loopEngineDecide'
/** Tells that a request was decided. It proves nothing: the engine is asked again. */
export const wakeSignal = 'loopEngineWake'

/** The details of `LoopEngine.ApprovalPending`. */
export interface PendingCall {
  readonly aggregateId: string
  readonly approvalId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The activities that the plugin registers, under the names by which workflows call them. */
export interface GateActivities {
  /** Opens a gate, or finds it again: runs of one passage have the same `firstRunId`. */
  loopEngineOpenGate(wanted: {
    readonly gate: string
    readonly id: string
    readonly input: unknown
    readonly firstRunId: string
  }): Promise<GateReport>
  /** Delivers due reminders, escalations and the expiry of a request. */
  loopEngineTurnGate(requestId: string): Promise<GateReport>
  /** Withdraws a request. */
  loopEngineWithdraw(requestId: string): Promise<void>
}

/** The state of a gate after opening or turning it. */
export interface GateReport {
  readonly status:
    | 'passed'
    | 'pending'
    | 'approved'
    | 'rejected'
    | 'expired'
    | 'superseded'
    | 'cancelled'
  /** Absent if nobody had to be asked. */
  readonly request?: {
    readonly id: string
    readonly runId: string
    readonly revision: number
    readonly actionDigest: string
    readonly expiresAt: number
  }
  /** When reminders, escalations and the expiry are due; epoch milliseconds, in order. */
  readonly dueAt: readonly number[]
  /** The signed decision, if the worker has a signer and the request is over. */
  readonly token?: string
}
