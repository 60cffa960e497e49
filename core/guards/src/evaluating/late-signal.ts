export interface LateSignal {
  controller: AbortController | undefined
  readonly signal: AbortSignal
}

/**
 * What guards are told when they are late; one for all guards of an attempt, which are late at the
 * same time. Most answer at once and never look, so the controller is made when somebody looks.
 */
const lateSignal: LateSignal = {
  controller: undefined,
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  },
}

// A getter that is inherited costs a tenth of one that is made anew for each attempt.
export function createLateSignal(): LateSignal {
  return Object.create(lateSignal) as LateSignal
}
