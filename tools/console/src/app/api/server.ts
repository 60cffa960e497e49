import { createLoopClient, LoopClientError, type LoopClient } from '@loop-engine/client'

/** The server that this page came from; the browser's session says who asks. */
export const server: LoopClient = createLoopClient({ baseUrl: '' })

/** What a failure means to a person. */
export interface Trouble {
  readonly status: number
  readonly message: string
  readonly hint: string | undefined
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof LoopClientError) return error
  return { status: 0, message: 'The console failed.', hint: 'Load it again.' }
}
