import {
  NodeApiError,
  NodeOperationError,
  type IAllExecuteFunctions,
  type IDataObject,
  type IHttpRequestMethods,
  type JsonObject,
} from 'n8n-workflow'

export const credentialName = 'loopEngineApi'

export interface ServerCall {
  readonly method: IHttpRequestMethods
  /** Below `/api/v1`. */
  readonly path: string
  readonly query?: IDataObject
  readonly body?: IDataObject
  /** The same for every repetition of the same command. */
  readonly idempotencyKey?: string
  /** Codes of problems that are returned as an answer instead of thrown. */
  readonly accept?: readonly string[]
  readonly itemIndex?: number
}

type Caller = Pick<IAllExecuteFunctions, 'helpers' | 'getCredentials' | 'getNode'>

/**
 * Calls the server. A refusal with a complete result returns that result, as the engine does. Any other problem throws
 * NodeApiError with the server's message; a success that is no JSON object throws NodeOperationError.
 */
export async function callServer<Answer extends object>(
  caller: Caller,
  call: ServerCall,
): Promise<Answer> {
  const { accept = [], itemIndex } = call
  const answer = await send(caller, call)
  const problem = asObject(answer.body)
  const { statusCode } = answer
  if (statusCode >= 200 && statusCode < 300) {
    // Otherwise a sign-in page of a proxy would pass for a success.
    if (problem === answer.body) return problem as Answer
    throw new NodeOperationError(caller.getNode(), 'The answer is not from a Loop Engine server.', {
      description: 'Check the server URL of the credential, and any proxy in between.',
      ...(itemIndex !== undefined && { itemIndex }),
    })
  }
  const { result, code } = problem
  if (accept.includes(String(code))) return problem as Answer
  if (typeof result === 'object' && result !== null && 'status' in result) return result as Answer
  throw new NodeApiError(caller.getNode(), problem as JsonObject, {
    message: textOr(problem['detail'] ?? problem['title'], `The server answered ${statusCode}.`),
    description: textOr(problem['hint'] ?? problem['reason'], ''),
    httpCode: String(statusCode),
    ...(itemIndex !== undefined && { itemIndex }),
  })
}

async function send(
  caller: Caller,
  { method, path, query, body, idempotencyKey }: ServerCall,
): Promise<{ readonly statusCode: number; readonly body: unknown }> {
  const { url } = await caller.getCredentials<{ url: string }>(credentialName)
  const request = caller.helpers.httpRequestWithAuthentication
  return (await request.call(caller as IAllExecuteFunctions, credentialName, {
    method,
    url: `${url.replace(/\/+$/, '')}/api/v1${path}`,
    ...(query && { qs: query }),
    ...(body && { body }),
    json: true,
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
    returnFullResponse: true,
    ignoreHttpStatusErrors: true,
    disableFollowRedirect: true,
    timeout: 30_000,
  })) as { statusCode: number; body: unknown }
}

/** One segment of a path. Segments of dots would lead to another path, however they are escaped. */
export function segment(text: string): string {
  return text === '.' || text === '..' ? encodeURIComponent(`/${text}`) : encodeURIComponent(text)
}

/** The value if it is an object; otherwise an empty object. */
function asObject(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
