import type { ChainFault } from '@loop-engine/core'

/** Why an entry does not verify, with a sentence for the person who has to look. */
export interface VerifyFault extends ChainFault {
  readonly message: string
}

/** What is wrong, without where. */
export interface Finding {
  readonly fault: ChainFault['fault']
  readonly message: string
}

export function illegal(message: string): Finding {
  return { fault: 'illegal', message }
}
