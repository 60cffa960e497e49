export interface LateSignal {
  controller: AbortController | undefined
  readonly signal: AbortSignal
}

/**
 * The signal that aborts when guards are late; all guards of an attempt share it, because they are late at the same time.
 * Most guards never look at it, so the controller is made when one does.
 */
const lateSignal: LateSignal = {
  controller: undefined,
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  },
}

// Inheriting the getter costs a tenth of making it for each attempt.
export function createLateSignal(): LateSignal {
  return Object.create(lateSignal) as LateSignal
}
