import { createLoopClient, LoopClientError, type LoopClient } from '@loop-engine/client'

/** The server that this page came from; the browser's session says who asks. */
export const server: LoopClient = createLoopClient({ baseUrl: '' })

const loggedOut: Trouble = {
  status: 401,
  message: 'You are no longer logged in.',
  hint: 'Open a new login link, then come back to this page.',
}

/** Whether the server said no; of an answer that was lost, or of a server that failed, nobody knows what it did. */
export function isRefusal(error: unknown): boolean {
  const { status } = troubleOf(error)
  return status >= 400 && status < 500
}

/** What a failure means to a person. */
export interface Trouble {
  readonly status: number
  readonly message: string
  readonly hint: string | undefined
}

export function troubleOf(error: unknown): Trouble {
  // What the server says to programs, about headers, helps nobody here.
  if (error instanceof LoopClientError && error.status === 401) return loggedOut
  if (error instanceof LoopClientError) return error
  return { status: 0, message: 'The console failed.', hint: 'Load it again.' }
}
