import { isLoopError, type ChainFault } from '@loop-engine/core'

/** Why an entry does not verify, with a sentence for the person who has to look. */
export interface VerifyFault extends ChainFault {
  readonly message: string
}

/** What is wrong, without where. */
export interface Finding {
  readonly fault: ChainFault['fault']
  readonly message: string
}

export function finding(fault: Finding['fault'], message: string): Finding {
  return { fault, message }
}

export function illegal(message: string): Finding {
  return finding('illegal', message)
}

/** The fault for a row that the store cannot read (`corrupt`); throws any other error. */
export function unreadable(error: unknown, runId = ''): VerifyFault {
  if (!isLoopError(error) || error.code !== 'corrupt') throw error
  const id = error.details?.['runId']
  const { message } = error
  return { runId: typeof id === 'string' ? id : runId, seq: 0, fault: 'not_canonical', message }
}
