import { LoopClientError } from './client-error.ts'

/** The JSON object of an answer; undefined for an empty answer with status 202 or 204. */
export async function readJson<Answer>(response: Response): Promise<Answer> {
  const { status } = response
  const text = await response.text()
  if (text === '' && (status === 202 || status === 204)) return undefined as Answer
  const answer = parse(text)
  // The types are the server's own; see schema.ts.
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer))
    return answer as Answer
  throw new LoopClientError('bad_response', 'The answer is not JSON as the server sends it.', {
    status,
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error for an answer that is no success. */
export async function problemOf(response: Response): Promise<LoopClientError> {
  const { status } = response
  const problem = asRecord(await response.json().catch(() => null))
  const after = retryAfterOf(response)
  const code = typeof problem['code'] === 'string' ? problem['code'] : 'bad_response'
  const detail = problem['detail'] ?? problem['title']
  // In a browser a redirect that is not followed has the status 0.
  const answered =
    status < 400
      ? 'The server answered with a redirect, which the client does not follow.'
      : `The server answered ${status}.`
  return new LoopClientError(code, typeof detail === 'string' ? detail : answered, {
    status,
    problem,
    retryable: problem['retryable'] === true || [429, 502, 503, 504].includes(status),
    ...(after !== undefined && { retryAfterMs: after }),
  })
}

/** Returns the result of a refusal that has one, as the engine does; rethrows every other error. */
export async function resultOr<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    const result = error instanceof LoopClientError ? error.problem['result'] : undefined
    if (typeof result === 'object' && result !== null && 'status' in result) return result as Result
    throw error
  }
}

/** Reads Retry-After (RFC 9110), which is seconds or a date; in milliseconds. */
function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return ms >= 0 ? ms : undefined
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
