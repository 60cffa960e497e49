/** The types of the failures that a workflow sees. They are stable: catch on them, never on a message. */
export const failureTypes = Object.freeze({
  /** It did not run and never will under this call: a guard, a policy or a person said no. Not retryable. */
  denied: 'LoopEngine.Denied',
  /** People were asked. The plugin's interceptor waits on it; a workflow sees it only without the interceptor. Not retryable. */
  pending: 'LoopEngine.ApprovalPending',
  /** It began, and nobody knows how it ended; it will not run again. Not retryable. */
  unknown: 'LoopEngine.UnknownOutcome',
  /** A stop is in force: nothing ran; Temporal asks again until somebody releases it. */
  stopped: 'LoopEngine.Stopped',
  /** The answer to an update with a decision that does not count here. Not retryable. */
  refused: 'LoopEngine.DecisionRefused',
})

/** Who started the workflow, signed by the client. */
export const callerHeader = 'loop-engine-caller'
/** The key of the call that an activity goes on with, once people have decided. */
export const callHeader = 'loop-engine-call'

/** Hands a signed decision to a human gate. */
export const decideUpdate = 'loopEngineDecide'
/** Says that a request was decided; carries no authority, the engine is asked again. */
export const wakeSignal = 'loopEngineWake'

/** What `LoopEngine.ApprovalPending` carries. */
export interface PendingCall {
  readonly aggregateId: string
  readonly approvalId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The activities that the plugin registers, under the names by which workflows call them. */
export interface GateActivities {
  /** Runs that are one passage of a gate name one `firstRunId`. */
  loopEngineOpenGate(wanted: {
    readonly gate: string
    readonly id: string
    readonly input: unknown
    readonly firstRunId: string
  }): Promise<GateReport>
  /** Fires what is due of a request. */
  loopEngineTurnGate(requestId: string): Promise<GateReport>
  /** Takes a request back. */
  loopEngineWithdraw(requestId: string): Promise<void>
}

/** What opening or turning a gate says. */
export interface GateReport {
  readonly status:
    | 'passed'
    | 'pending'
    | 'approved'
    | 'rejected'
    | 'expired'
    | 'superseded'
    | 'cancelled'
  /** Absent when nobody had to be asked. */
  readonly request?: {
    readonly id: string
    readonly runId: string
    readonly revision: number
    readonly actionDigest: string
    readonly expiresAt: number
  }
  /** When somebody is reminded, when others are asked, when the request expires; epoch milliseconds, in order. */
  readonly dueAt: readonly number[]
  /** The signed decision, where the worker has a signer. */
  readonly token?: string
}
